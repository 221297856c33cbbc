using StorageEngines.Transport;

namespace StorageEngines.Hosting;

/// <summary>Hands out one runner per host.</summary>
internal sealed class CommandRunnerProvider(IEnumerable<ICommandTransport> transports, TimeProvider time) : ICommandRunnerProvider, IAsyncDisposable
{
    private readonly ICommandTransport[] _transports = [.. transports];
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ICommandRunner> _remote = [];
    private readonly LocalCommandRunner _local = new(time);
    private bool _disposed;

    public ICommandRunner Get(VolumeAddress address)
    {
        if (address.Transport is not { } name)
        {
            return _local;
        }

        ICommandTransport transport = Array.Find(_transports, t => t.Name == name) ?? throw Unknown(address, name);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            string key = $"{name}\0{address.User}\0{address.Host}\0{address.Port}";
            if (!_remote.TryGetValue(key, out ICommandRunner? runner))
            {
                runner = transport.Open(address);
                _remote.Add(key, runner);
            }

            return runner;
        }
    }

    public async ValueTask DisposeAsync()
    {
        ICommandRunner[] runners;
        lock (_gate)
        {
            _disposed = true;
            runners = _remote.Count == 0 ? [] : [.. _remote.Values];
            _remote.Clear();
        }

        foreach (ICommandRunner runner in runners)
        {
            switch (runner)
            {
                case IAsyncDisposable disposable:
                    await disposable.DisposeAsync().ConfigureAwait(false);
                    break;
                case IDisposable disposable:
                    disposable.Dispose();
                    break;
            }
        }
    }

    private StorageEngineException Unknown(VolumeAddress address, string name) => new(
        EngineStatus.InvalidArgument, EngineReason.None, Recovery.FixRequest,
        $"'{address}' wants the transport '{name}'; known are: "
        + $"{string.Join(", ", _transports.Select(t => t.Name).Order(StringComparer.Ordinal).DefaultIfEmpty("none"))}.");
}
