using System.Globalization;

namespace StorageEngines.TarRsync.Remote;

/// <summary>
/// rsync's arguments. The source's name goes over the protocol and never through a shell (<c>-s</c>), and nothing on the other side is looked for but rsync.
/// Implements: rsync(1), version 3.1.3 or newer here, 3.0 or newer there.
/// </summary>
internal static class RsyncArguments
{
    /// <summary>What goes before an item in the output, so that it is told apart from progress and statistics.</summary>
    internal const string ItemMark = "seng:";

    /// <summary>After how many seconds without a byte the transfer counts as stalled.</summary>
    internal const int StallSeconds = 300;

    /// <summary>
    /// For calls that write nothing: do not compare what comes with what was asked for. rsync 3.2.5 and newer do, and take a name with a backslash and
    /// wildcards for a pattern that does not fit.
    /// </summary>
    internal const string TrustSender = "--trust-sender";

    /// <summary>Lists a directory itself, and nothing that is in it.</summary>
    internal static List<CommandArgument> LookAtDirectory(RemoteShellCommand shell, BytePath directory)
        => [.. Common(shell), "-d", "--list-only", "--exclude=*", "--", Source(shell, directory)];

    /// <summary>Lists one name of a directory, which comes on standard input; its links are followed.</summary>
    internal static List<CommandArgument> LookAtName(RemoteShellCommand shell, BytePath directory)
        => [.. Common(shell), "-d", "-L", "--list-only", "--no-relative", "--files-from=-", "--from0", "--", Source(shell, directory), "."];

    /// <summary>
    /// Makes a directory here what the directory there is. Blocks that are in place already stay where they are (<c>--inplace</c>), also after an end half
    /// way; times are compared to the nanosecond.
    /// </summary>
    internal static List<CommandArgument> PullTree(RemoteShellCommand shell, BytePath source, BytePath target, bool checksum)
        => [.. Common(shell), .. Transfer(checksum), "-aHAXx", "--delete", "--", Source(shell, source), target.Append(BytePath.Root)];

    /// <summary>Brings one file up to date, whose name comes on standard input.</summary>
    internal static List<CommandArgument> PullFile(RemoteShellCommand shell, BytePath directory, BytePath target, bool checksum)
        => [.. Common(shell), .. Transfer(checksum), "-tpogAX", "-L", "--no-relative", "--files-from=-", "--from0", "--", Source(shell, directory), target];

    /// <summary>Says, and changes nothing, which of the files in a list are not as they were when they were pulled.</summary>
    /// <param name="shell">How to get to the host.</param>
    /// <param name="source">The directory there.</param>
    /// <param name="target">The directory here.</param>
    /// <param name="list">A file with the names, a NUL behind each.</param>
    /// <param name="followLinks">Follow symbolic links.</param>
    internal static List<CommandArgument> Verify(RemoteShellCommand shell, BytePath source, BytePath target, string list, bool followLinks)
        =>
        [
            .. Common(shell), "-n", "-d", "-t", followLinks ? "-L" : "-l", "--modify-window=-1", "--no-implied-dirs", "--delete-missing-args",
            $"--out-format={ItemMark}%i %n", $"--files-from={list}", "--from0", "--", Source(shell, source), target,
        ];

    private static List<CommandArgument> Common(RemoteShellCommand shell)
        => ["-e", Join(shell.Words), "-s", "--numeric-ids", "--no-human-readable", string.Create(CultureInfo.InvariantCulture, $"--timeout={StallSeconds}")];

    private static List<CommandArgument> Transfer(bool checksum)
    {
        List<CommandArgument> arguments =
        [
            "-S", "--inplace", "--no-whole-file", "--partial", "--modify-window=-1", "--outbuf=L", "--info=progress2,stats2", $"--out-format={ItemMark}%i %n",
        ];
        if (checksum)
        {
            arguments.Add("--checksum");
        }

        return arguments;
    }

    /// <summary>The words of the remote shell as <c>-e</c> takes them: between single quotes, which are doubled within.</summary>
    internal static CommandArgument Join(IReadOnlyList<CommandArgument> words)
    {
        List<byte> joined = [];
        foreach (CommandArgument word in words)
        {
            joined.AddRange(joined.Count == 0 ? "'"u8 : " '"u8);
            foreach (byte b in word.Bytes.Span)
            {
                joined.AddRange(b == '\'' ? "''"u8 : [b]);
            }

            joined.Add((byte)'\'');
        }

        return new CommandArgument(joined.ToArray());
    }

    /// <summary>A directory's content on the host. The other side takes a name with <c>*</c>, <c>?</c> or <c>[</c> for a pattern, in which a backslash escapes.</summary>
    internal static CommandArgument Source(RemoteShellCommand shell, BytePath directory)
    {
        List<byte> text = [.. System.Text.Encoding.UTF8.GetBytes(shell.Host.Contains(':') ? $"[{shell.Host}]:" : shell.Host + ":")];
        bool isPattern = directory.Span.IndexOfAny("*?["u8) >= 0;
        foreach (byte b in directory.Span)
        {
            if (isPattern && "*?[\\"u8.Contains(b))
            {
                text.Add((byte)'\\');
            }

            text.Add(b);
        }

        text.AddRange(directory.Span.EndsWith("/"u8) ? ""u8 : "/"u8);
        return new CommandArgument(text.ToArray());
    }
}
