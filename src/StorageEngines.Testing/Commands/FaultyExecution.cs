namespace StorageEngines.Testing;

/// <summary>A command whose output and end are not its own.</summary>
internal sealed class FaultyExecution : ICommandExecution
{
    private readonly ICommandExecution _inner;
    private readonly CancellationTokenSource? _ended;
    private readonly TaskCompletionSource<CommandExit> _stalled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="inner">The command.</param>
    /// <param name="standardOutput">What is read instead of its output.</param>
    /// <param name="completion">How it ends; null if it does not before it is disposed.</param>
    /// <param name="ended">Cancelled when it is disposed. Default: null.</param>
    public FaultyExecution(ICommandExecution inner, Stream standardOutput, Task<CommandExit>? completion, CancellationTokenSource? ended = null)
    {
        _inner = inner;
        _ended = ended;
        StandardOutput = standardOutput;
        Completion = completion ?? _stalled.Task;
    }

    public Stream StandardOutput { get; }

    public Task<CommandExit> Completion { get; }

    public async ValueTask DisposeAsync()
    {
        if (_ended is not null)
        {
            await _ended.CancelAsync().ConfigureAwait(false);
        }

        await _inner.DisposeAsync().ConfigureAwait(false);
        _stalled.TrySetResult(new CommandExit(128 + 15, "", 0, TimeSpan.Zero));
    }
}
