using StorageEngines.RemoteShells;

namespace StorageEngines.Zfs.Hosts;

/// <summary>
/// A host with OpenZFS, this machine or another: both are reached through the same shell. What belongs together is one script, and so one round trip. Safe for use by several threads.
/// </summary>
/// <remarks>Implements: zfs(8), zpool(8), sh(1).</remarks>
internal sealed class ZfsHost : IAsyncDisposable
{
    /// <summary>Makes the host. Nothing is connected yet.</summary>
    /// <param name="runner">Reaches it.</param>
    internal ZfsHost(ICommandRunner runner)
    {
        Runner = runner;
        Shell = new RemoteShell(runner, ZfsShellFunctions.Setup);
    }

    /// <summary>Runs commands there.</summary>
    internal ICommandRunner Runner { get; }

    /// <summary>Runs scripts there.</summary>
    internal RemoteShell Shell { get; }

    /// <summary>Asks something that has to work.</summary>
    /// <param name="operation">What it is for, e.g. <c>list snapshots</c>.</param>
    /// <param name="subject">The thing that it is about, for messages.</param>
    /// <param name="script">The script; see <see cref="ZfsShellFunctions"/> for the functions it may use.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What it wrote.</returns>
    /// <exception cref="StorageEngineException">It failed; see <see cref="ZfsErrors"/>.</exception>
    internal async Task<byte[]> AskAsync(string operation, string subject, Script script, CancellationToken cancellationToken)
        => Check(operation, subject, await TryAskAsync(script, cancellationToken).ConfigureAwait(false)).Output;

    /// <summary>Asks something whose failure says something.</summary>
    /// <param name="script">The script.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What came of it.</returns>
    internal Task<ShellReply> TryAskAsync(Script script, CancellationToken cancellationToken) => Shell.AskAsync(script.Bytes, cancellationToken);

    /// <summary>Changes something. It is run once and to its end, and cannot be cancelled once it has begun.</summary>
    /// <param name="operation">What it is for.</param>
    /// <param name="subject">The thing that it is about, for messages.</param>
    /// <param name="script">The script.</param>
    /// <param name="cancellationToken">Keeps it from beginning.</param>
    /// <returns>What it wrote.</returns>
    /// <exception cref="StorageEngineException">It failed; see <see cref="ZfsErrors"/>. If the connection was lost, <see cref="StorageEngineException.OutcomeUnknown"/> is set.</exception>
    internal async Task<byte[]> ChangeAsync(string operation, string subject, Script script, CancellationToken cancellationToken)
        => Check(operation, subject, await TryChangeAsync(operation, subject, script, cancellationToken).ConfigureAwait(false)).Output;

    /// <summary>Changes something, like <see cref="ChangeAsync"/>; its failure says something.</summary>
    internal async Task<ShellReply> TryChangeAsync(string operation, string subject, Script script, CancellationToken cancellationToken)
    {
        try
        {
            return await Shell.ChangeAsync(script, cancellationToken).ConfigureAwait(false);
        }
        catch (StorageCommandException e) when (e is { Reason: EngineReason.ConnectionLost, OutcomeUnknown: true })
        {
            throw new StorageCommandException(e.Status, EngineReason.ConnectionLost, Recovery.RetryAfterBackoff,
                $"Cannot {operation} '{subject}': {e.Message} Whether it was done is not known; make the same call again.", e)
            { Engine = ZfsEngineFactory.SchemeName, Operation = operation, Host = Runner.Host, OutcomeUnknown = true };
        }
    }

    /// <summary>Starts a command of its own, which may write much. Few run at once; disposing one ends it, on the host too.</summary>
    /// <param name="operation">What it is for.</param>
    /// <param name="subject">The thing that it is about, for messages.</param>
    /// <param name="request">The command.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal async Task<ZfsCommand> StartAsync(string operation, string subject, CommandRequest request, CancellationToken cancellationToken)
    {
        // 'zfs' is not in every login's search path. The shell becomes the program, so that nothing stands between it and who ends it.
        CommandRequest wrapped = request with
        {
            Program = "sh",
            Arguments = ["-c", $"PATH=$PATH:{ZfsShellFunctions.ProgramDirectories}; export PATH; exec \"$@\"", "sh", request.Program, .. request.Arguments],
            Operation = request.Operation ?? operation,
        };
        ICommandExecution execution = await Shell.StartStreamAsync(wrapped, cancellationToken).ConfigureAwait(false);
        return new ZfsCommand(Shell, execution, error => Recognised(operation, subject, error));
    }

    /// <summary>The error for a script that failed.</summary>
    internal StorageEngineException Failed(string operation, string subject, ShellReply reply) => ZfsErrors.Recognise(operation, subject, reply.Exit, reply.Errors, Runner.Host);

    /// <summary>The answer of a script, if it worked.</summary>
    internal ShellReply Check(string operation, string subject, ShellReply reply) => reply.Exit == 0 ? reply : throw Failed(operation, subject, reply);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Shell.DisposeAsync();

    private StorageEngineException Recognised(string operation, string subject, StorageCommandException error)
        => error.ExitCode is { } code ? ZfsErrors.Recognise(operation, subject, code, error.StandardErrorTail, Runner.Host) : error;
}
