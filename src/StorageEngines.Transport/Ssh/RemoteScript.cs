using System.Text;
using StorageEngines.ShellWords;

namespace StorageEngines.Transport;

/// <summary>
/// What is run on the other host around a command. sshd starts it as the leader of a session of its own, so that one signal reaches the command and all
/// that it started.
/// </summary>
/// <remarks>
/// Standard input carries the command's input in frames (a decimal length, a line break, so many bytes; length 0 ends it) and then stays open. What is short is
/// a line behind the letter t instead, as printf's <c>%b</c> takes it, for which no program has to be started. When standard input ends, the connection or the caller is gone: the command is ended, before it could take the end of a broken input for the end of the whole. When the command ends by
/// itself, its exit code follows on standard error behind a mark that it cannot know, and a signal takes down what it left running. Only an exit code of 0
/// of the whole together with the mark means that every byte came over. The part that feeds the input is in the background and waits for nobody: it ends
/// with the channel. The shell's own words about signals go to /dev/null; descriptor 4 is the caller's standard error.
/// Implements: sh(1), printf(1), dd(1), kill(1) as in POSIX; <c>iflag=fullblock</c> as in GNU, busybox and FreeBSD.
/// </remarks>
internal static class RemoteScript
{
    /// <summary>The exit code that stands for a program that is not there.</summary>
    public const string MissingProgram = "missing";

    /// <summary>Builds the remote command line.</summary>
    /// <param name="request">What to run.</param>
    /// <param name="mark">The mark that goes before the exit code; ASCII letters and digits, not to be guessed.</param>
    /// <returns>One argument for ssh.</returns>
    public static CommandArgument Build(CommandRequest request, string mark)
    {
        var inner = new List<byte>();
        AppendText(inner, "trap 'exit 0' TERM; exec 3<&0 4>&2 2>/dev/null; ");
        AppendText(inner, "{ { trap '' TERM PIPE; while read -r n; do case $n in 0) exec >/dev/null;; ");
        AppendText(inner, "t*) printf %b \"${n#t}\" || { exec >/dev/null; cat; };; *) dd bs=$n count=1 iflag=fullblock || { exec >/dev/null; cat; };; esac; done; ");
        AppendText(inner, "kill -TERM -$$; sleep 1; kill -KILL -$$; } <&3 3<&- 4>&- & } | { exec 3<&-; if command -v ");
        ShellQuote.Append(inner, Encoding.UTF8.GetBytes(request.Program));
        AppendText(inner, " >/dev/null 2>&1; then env LC_ALL=C");
        foreach ((string name, string value) in request.Environment)
        {
            AppendWord(inner, Encoding.UTF8.GetBytes($"{name}={value}"));
        }

        AppendWord(inner, Encoding.UTF8.GetBytes(request.Program));
        foreach (CommandArgument argument in request.Arguments)
        {
            AppendWord(inner, argument.Bytes.Span);
        }

        AppendText(inner, $" 2>&4 4>&-; c=$?; else c={MissingProgram}; fi; printf '\\n\\001{mark} %s\\n' $c >&4; kill -TERM -$$; }}; exit 0");
        var outer = new List<byte>("exec sh -c "u8.ToArray());
        ShellQuote.Append(outer, inner.ToArray());
        return new CommandArgument(outer.ToArray());
    }

    /// <summary>Looks for the mark at the end of standard error.</summary>
    /// <param name="errors">The end of standard error.</param>
    /// <param name="mark">The mark.</param>
    /// <param name="words">What the command itself wrote.</param>
    /// <returns>The exit code or <see cref="MissingProgram"/>; null if the mark is not there.</returns>
    public static string? FindExit(string errors, string mark, out string words)
    {
        string token = $"\u0001{mark} ";
        int at = errors.LastIndexOf(token, StringComparison.Ordinal);
        words = (at < 0 ? errors : errors[..at]).Trim();
        return at < 0 ? null : errors[(at + token.Length)..].Split('\n')[0].Trim();
    }

    private static void AppendText(List<byte> script, string text) => script.AddRange(Encoding.ASCII.GetBytes(text));

    private static void AppendWord(List<byte> script, ReadOnlySpan<byte> word)
    {
        script.Add((byte)' ');
        ShellQuote.Append(script, word);
    }
}
