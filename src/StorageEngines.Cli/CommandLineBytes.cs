using System.Text;

namespace StorageEngines.Cli;

/// <summary>Brings back what the runtime loses of arguments that are not UTF-8.</summary>
internal static class CommandLineBytes
{
    private const char Replacement = '\uFFFD';

    /// <summary>
    /// Gives each argument that is not valid UTF-8 in the form in which this tool prints byte paths. The others stay as they are.
    /// Implements: proc_pid_cmdline(5).
    /// </summary>
    internal static IReadOnlyList<string> Restore(string[] arguments)
        => Array.Exists(arguments, argument => argument.Contains(Replacement)) && File.Exists("/proc/self/cmdline")
            ? Restore(arguments, File.ReadAllBytes("/proc/self/cmdline"))
            : arguments;

    internal static IReadOnlyList<string> Restore(string[] arguments, ReadOnlySpan<byte> commandLine)
    {
        var raw = new List<byte[]>();
        while (!commandLine.IsEmpty)
        {
            int end = commandLine.IndexOf((byte)0);
            raw.Add((end < 0 ? commandLine : commandLine[..end]).ToArray());
            commandLine = end < 0 ? default : commandLine[(end + 1)..];
        }

        int first = raw.Count - arguments.Length;
        return first < 0 ? arguments : [.. arguments.Select((argument, i) =>
            argument.Contains(Replacement) && Encoding.UTF8.GetString(raw[first + i]) == argument ? ByteText.Escape(raw[first + i]) : argument)];
    }
}
