namespace StorageEngines.Testing;

/// <summary>Wraps a command runner and spoils what its commands do: the tests for cancel, time-out, lost connection and half-written output.</summary>
/// <remarks>Safe for use by several threads; <see cref="Fault"/> is looked at when a command starts.</remarks>
/// <param name="inner">The runner to wrap.</param>
public sealed class FaultyCommandRunner(ICommandRunner inner) : ICommandRunner
{
    private readonly TaskCompletionSource _stalled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <inheritdoc/>
    public string Host => inner.Host;

    /// <inheritdoc/>
    public bool IsLocal => inner.IsLocal;

    /// <summary>What goes wrong. Default: <see cref="CommandFaultKind.None"/>.</summary>
    public CommandFaultKind Fault { get; set; }

    /// <summary>How many bytes of standard output come before it goes wrong. Range: 0 or more. Default: 0.</summary>
    public long AfterBytes { get; set; }

    /// <summary>The exit code of <see cref="CommandFaultKind.Exit"/>, 1 to 255. Default: 1.</summary>
    public int ExitCode { get; set; } = 1;

    /// <summary>How long each read takes with <see cref="CommandFaultKind.Slow"/>. Default: 1 second.</summary>
    public TimeSpan Delay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The clock of <see cref="Delay"/>. Default: the system's.</summary>
    public TimeProvider Time { get; set; } = TimeProvider.System;

    /// <summary>Which commands are spoilt. Default: all.</summary>
    public Func<CommandRequest, bool> Applies { get; set; } = _ => true;

    /// <summary>Ends when a reader has come to the point where nothing comes any more.</summary>
    public Task Stalled => _stalled.Task;

    /// <inheritdoc/>
    public async ValueTask<ICommandExecution> StartAsync(CommandRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (Fault == CommandFaultKind.None || !Applies(request))
        {
            return await inner.StartAsync(request, cancellationToken).ConfigureAwait(false);
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (Fault == CommandFaultKind.ToolMissing)
        {
            throw new StorageCommandException(
                EngineStatus.FailedPrecondition, EngineReason.ToolMissing, Recovery.OperatorAction, $"'{request.Program}' is not installed on {Host}; install it.")
            { Host = Host };
        }

        if (Fault == CommandFaultKind.HostUnreachable)
        {
            throw Lost();
        }

        ICommandExecution execution = await inner.StartAsync(request, cancellationToken).ConfigureAwait(false);
        return Spoil(request, execution);
    }

    private FaultyExecution Spoil(CommandRequest request, ICommandExecution execution)
    {
        Stream output = execution.StandardOutput;
        switch (Fault)
        {
            case CommandFaultKind.ConnectionLost:
                StorageCommandException lost = Lost();
                return new FaultyExecution(execution, new CommandOutputStream(output, _ => ValueTask.FromException(lost), null, AfterBytes), Task.FromException<CommandExit>(lost));
            case CommandFaultKind.Exit:
                const string Words = "the command failed half way";
                var failed = new StorageCommandException(
                    EngineStatus.Unknown, EngineReason.None, Recovery.OperatorAction, $"'{request.Program}' on {Host} ended with code {ExitCode}: {Words}")
                { Host = Host, ExitCode = ExitCode, StandardErrorTail = Words };
                var exit = Task.FromResult(new CommandExit(ExitCode, Words, Words.Length, TimeSpan.Zero));
                return new FaultyExecution(execution, new CommandOutputStream(output, _ => ValueTask.FromException(failed), null, AfterBytes), exit);
            case CommandFaultKind.Stall:
                var ended = new CancellationTokenSource();
                return new FaultyExecution(execution, new CommandOutputStream(output, token => StallAsync(ended.Token, token), null, AfterBytes), null, ended);
            case CommandFaultKind.Slow:
                (TimeSpan delay, TimeProvider time) = (Delay, Time);
                return new FaultyExecution(
                    execution, new CommandOutputStream(output, _ => default, token => new ValueTask(Task.Delay(delay, time, token))), execution.Completion);
            default:
                return new FaultyExecution(execution, new CommandOutputStream(output, _ => default, null, AfterBytes), execution.Completion);
        }
    }

    /// <summary>Waits until the read is cancelled or the execution is disposed.</summary>
    private async ValueTask StallAsync(CancellationToken disposed, CancellationToken cancelled)
    {
        _stalled.TrySetResult();
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(disposed, cancelled);
        await Task.Delay(Timeout.InfiniteTimeSpan, either.Token).ConfigureAwait(false);
    }

    private StorageCommandException Lost()
        => new(EngineStatus.Unavailable, EngineReason.ConnectionLost, Recovery.RetryAfterBackoff, $"The connection to {Host} was lost; try again later.") { Host = Host };
}
