using StorageEngines.RemoteShells;

namespace StorageEngines.RemoteTrees;

/// <summary>The root directory of a snapshot on another host: how scripts get into it, and that it still is that snapshot. Safe for use by several threads.</summary>
/// <param name="shell">Asks the host.</param>
/// <param name="snapshot">How the snapshot was asked for; for messages.</param>
/// <param name="enter">Makes of a script one that runs in the root; it ends with exit code 3, and nothing of it is run, if the snapshot is gone.</param>
/// <param name="gone">Makes the error for a snapshot that is gone.</param>
internal sealed class TreeRoot(RemoteShell shell, SnapshotRef snapshot, Func<Script, Script> enter, Func<StorageEngineException> gone)
{
    private const int GoneCode = 3;

    /// <summary>Asks the host.</summary>
    internal RemoteShell Shell => shell;

    /// <summary>The engine's name, for errors.</summary>
    internal string Engine => shell.Setup.Engine;

    /// <summary>How the snapshot was asked for.</summary>
    internal SnapshotRef Snapshot => snapshot;

    /// <summary>Inode number of empty directories that only stand for something that is not part of the snapshot; null if there are none. Default: null.</summary>
    internal ulong? StubInode { get; init; }

    /// <summary>Runs a script in the root, and blocks.</summary>
    /// <exception cref="StorageEngineException">The snapshot is gone.</exception>
    internal ShellReply Ask(Script script, CancellationToken cancellationToken) => AskAsync(script, cancellationToken).GetAwaiter().GetResult();

    /// <summary>Runs a script in the root.</summary>
    /// <exception cref="StorageEngineException">The snapshot is gone.</exception>
    internal async Task<ShellReply> AskAsync(Script script, CancellationToken cancellationToken)
    {
        ShellReply reply = await shell.AskAsync(enter(script).Bytes, cancellationToken).ConfigureAwait(false);
        return reply.Exit == GoneCode ? throw gone() : reply;
    }

    /// <summary>Makes the command for a script that writes much; its exit code 3 is to be given to <see cref="Check"/>.</summary>
    internal CommandRequest Command(Script script, string operation)
    {
        byte[] whole = [.. System.Text.Encoding.ASCII.GetBytes(shell.Setup.Text), .. enter(script).Bytes];
        return new CommandRequest("sh", ["-c", new CommandArgument(whole)]) { Operation = operation, SuccessExitCodes = [0, GoneCode] };
    }

    /// <summary>Throws if a command's exit code says that the snapshot is gone.</summary>
    internal void Check(CommandExit exit)
    {
        if (exit.ExitCode == GoneCode)
        {
            throw gone();
        }
    }
}
