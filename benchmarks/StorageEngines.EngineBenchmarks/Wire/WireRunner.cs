namespace StorageEngines.EngineBenchmarks.Wire;

/// <summary>Counts the commands that another runner starts, and the bytes that go to them and come from them.</summary>
internal sealed class WireRunner(ICommandRunner inner) : ICommandRunner
{
    private long _commands;
    private long _sent;
    private long _received;

    public string Host => inner.Host;

    public bool IsLocal => inner.IsLocal;

    /// <summary>What was counted so far.</summary>
    public WireCounts Counts => new(Interlocked.Read(ref _commands), Interlocked.Read(ref _sent), Interlocked.Read(ref _received));

    public async ValueTask<ICommandExecution> StartAsync(CommandRequest request, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _commands);
        CommandRequest counted = request.StandardInput is { } input ? request with { StandardInput = new WireStream(input, count => Interlocked.Add(ref _sent, count)) } : request;
        ICommandExecution execution = await inner.StartAsync(counted, cancellationToken);
        return new Execution(execution, new WireStream(execution.StandardOutput, count => Interlocked.Add(ref _received, count)));
    }

    private sealed class Execution(ICommandExecution inner, Stream output) : ICommandExecution
    {
        public Stream StandardOutput => output;

        public Task<CommandExit> Completion => inner.Completion;

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
