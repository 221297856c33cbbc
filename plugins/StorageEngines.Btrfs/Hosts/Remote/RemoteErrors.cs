using StorageEngines.Posix;
using StorageEngines.RemoteShells;

namespace StorageEngines.Btrfs.Hosts.Remote;

/// <summary>Finds out why a program failed: its exit code says nothing more, and its words differ from version to version.</summary>
/// <param name="shell">Asks the host.</param>
internal sealed class RemoteErrors(RemoteShell shell)
{
    private const string Btrfs = "9123683e";

    /// <summary>The error for a program that is not there.</summary>
    internal StorageCommandException Missing(string program, string package)
        => new(EngineStatus.FailedPrecondition, EngineReason.ToolMissing, Recovery.OperatorAction,
            $"'{program}' is not installed on {shell.Runner.Host}, or is not in the search path of its login; install {package} there.") { Host = shell.Runner.Host, Engine = BtrfsEngineFactory.SchemeName };

    /// <summary>Asks something that has to work.</summary>
    internal byte[] Ask(string operation, BytePath path, Script script, CancellationToken cancellationToken)
    {
        ShellReply reply = shell.Ask(script, cancellationToken);
        return reply.Exit switch
        {
            0 => reply.Output,
            ShellFunctions.Missing => throw Missing("btrfs", "btrfs-progs"),
            _ => throw Find(operation, path, reply),
        };
    }

    /// <summary>The error of a failed command on a path: the number is what the host is asked for, the text is what the program wrote.</summary>
    /// <param name="operation">The command, for people.</param>
    /// <param name="path">What it was to work on.</param>
    /// <param name="reply">What came of it.</param>
    /// <param name="made">Whether the path was to be made.</param>
    internal PosixException Find(string operation, BytePath path, ShellReply reply, bool made = false)
    {
        int errno = Number(shell.Ask(new Script().Text("why").Word(path), CancellationToken.None), made);
        return new PosixException(errno, operation, path.Span, reply.Errors.Length == 0 ? null : $"{reply.Errors} on {shell.Runner.Host}");
    }

    /// <summary>The number for what the function <c>why</c> told; 0 if it explains nothing.</summary>
    internal static int Number(ShellReply why, bool made)
    {
        var fields = new Fields(why.Output, "the state of a path", BtrfsEngineFactory.SchemeName);
        bool isRoot = fields.Number() == 0, isThere = fields.Flag(), hasDirectory = fields.Flag(), isWritable = fields.Flag();
        string type = fields.Text().Trim(), free = fields.Text().Trim();
        return (isThere, made) switch
        {
            _ when !hasDirectory && !isThere => Errno.ENOENT,
            (true, true) => Errno.EEXIST,
            (false, false) => Errno.ENOENT,
            _ when type != Btrfs => Errno.ENOTTY,
            _ when !isRoot => Errno.EPERM,
            _ when hasDirectory && !isWritable => Errno.EROFS,
            _ when free == "0" => Errno.ENOSPC,
            _ => 0,
        };
    }
}
