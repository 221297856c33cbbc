using System.Globalization;
using System.Security.Cryptography;

namespace StorageEngines.Transport;

/// <summary>Runs commands on another host by the OpenSSH client: many over one connection, host keys verified, a lost connection never taken for an end.</summary>
/// <remarks>
/// Safe for use by several threads. The connection is made by the first command and again after it was lost. Dispose the runner after its commands.
/// Implements: ssh(1) with <c>ControlMaster</c>; see <c>docs/adr/0001-openssh-client-instead-of-ssh-net.md</c>.
/// </remarks>
public sealed class OpenSshCommandRunner : ICommandRunner, IRemoteShell, IAsyncDisposable
{
    private readonly SshOptions _options;
    private readonly LocalCommandRunner _local;
    private readonly SshConnection _connection;
    private readonly SemaphoreSlim _sessions;

    /// <summary>Makes a runner. Nothing is connected yet.</summary>
    /// <param name="options">How to reach the host.</param>
    /// <param name="time">The clock; null for the system's. Default: null.</param>
    /// <exception cref="ArgumentException">An option is out of range; the message names it.</exception>
    public OpenSshCommandRunner(SshOptions options, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _local = new LocalCommandRunner(time);
        _connection = new SshConnection(options, _local);
        _sessions = new SemaphoreSlim(options.MaxSessions, options.MaxSessions);
        Host = options.User is null ? options.Host : $"{options.User}@{options.Host}";
    }

    /// <inheritdoc/>
    public string Host { get; }

    /// <inheritdoc/>
    public bool IsLocal => false;

    /// <inheritdoc/>
    public string Address => _options.Port is { } port ? string.Create(CultureInfo.InvariantCulture, $"{_options.Host}:{port}") : _options.Host;

    /// <inheritdoc/>
    public ICommandRunner Local => _local;

    /// <inheritdoc/>
    /// <remarks>The words go through the shared connection; if that is lost meanwhile, the client makes one of its own, with the same options.</remarks>
    public async ValueTask<RemoteShellCommand> OpenAsync(CancellationToken cancellationToken = default)
    {
        await _connection.EnsureAsync(Host, cancellationToken).ConfigureAwait(false);
        List<CommandArgument> words = [_options.Program, .. SshArguments.Common(_options, _connection.ControlPath), "-o", "ControlMaster=no"];
        return new RemoteShellCommand(words, _options.Host);
    }

    /// <inheritdoc/>
    public async ValueTask<ICommandExecution> StartAsync(CommandRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        RequestRules.Check(request);
        await _sessions.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await _connection.EnsureAsync(Host, cancellationToken).ConfigureAwait(false);
            string mark = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
            List<CommandArgument> arguments = SshArguments.Common(_options, _connection.ControlPath);
            arguments.AddRange(["-o", "ControlMaster=no", "--", _options.Host, RemoteScript.Build(request, mark)]);
            var input = new FramedInputStream(request.StandardInput);
            var inner = new CommandRequest(_options.Program, arguments)
            {
                StandardInput = input,
                Operation = request.Operation ?? request.Program,
                MaxStandardErrorBytes = Math.Min(request.MaxStandardErrorBytes + 256, RequestRules.MaxStandardErrorLimit),
                SuccessExitCodes = [.. Enumerable.Range(0, 256)],
            };
            ICommandExecution client = await _local.StartAsync(inner, cancellationToken).ConfigureAwait(false);
            return new SshCommandExecution(client, request, input, mark, Host, cancellationToken, _sessions);
        }
        catch
        {
            _sessions.Release();
            throw;
        }
    }

    /// <summary>Ends the connection. Commands that still run are lost.</summary>
    /// <returns>A task that ends when it is gone.</returns>
    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync().ConfigureAwait(false);
        _sessions.Dispose();
    }
}
