namespace StorageEngines;

/// <summary>
/// The only door to processes that an engine has. Whether commands run on this machine or on another over SSH is the host's choice.
/// </summary>
/// <remarks>Safe for use by several threads; many commands may run at once.</remarks>
public interface ICommandRunner
{
    /// <summary>The host that commands run on, for messages: <c>localhost</c> or <c>user@name</c>. Never a secret.</summary>
    string Host { get; }

    /// <summary>True if commands run on this machine, so that local system calls see the same file systems.</summary>
    bool IsLocal { get; }

    /// <summary>Starts a command and returns as soon as its output can be read.</summary>
    /// <param name="request">What to run.</param>
    /// <param name="cancellationToken">Ends the command, wherever it runs, and whatever waits for it.</param>
    /// <returns>The running command. The caller disposes it.</returns>
    /// <exception cref="ArgumentException">The request is malformed, e.g. a NUL in the program's name.</exception>
    /// <exception cref="StorageCommandException">The program is missing (<see cref="EngineReason.ToolMissing"/>) or the host cannot be reached.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    ValueTask<ICommandExecution> StartAsync(CommandRequest request, CancellationToken cancellationToken = default);
}
