using System.Text.RegularExpressions;

namespace StorageEngines.Zfs.Hosts;

/// <summary>A command that failed.</summary>
/// <param name="Operation">What it was for.</param>
/// <param name="Subject">The thing that it was about.</param>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Text">What it wrote to standard error.</param>
/// <param name="Host">Where it ran.</param>
internal sealed partial record ZfsFailure(string Operation, string Subject, int ExitCode, string Text, string Host)
{
    /// <summary>The lines of the text.</summary>
    internal string[] Lines => Text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>The name that the program gives, between quotes; the subject if it gives none.</summary>
    internal string Name => Quoted().Match(Text) is { Success: true } match ? match.Groups[1].Value : Subject;

    /// <summary>The names that follow a line such as "use '-R' to destroy the following datasets:", each on a line of its own.</summary>
    internal IReadOnlyList<string> Listed => [.. Lines.SkipWhile(line => !line.StartsWith("use '-", StringComparison.Ordinal)).Skip(1)];

    /// <summary>The line that holds a text.</summary>
    internal string LineWith(string text) => Lines.FirstOrDefault(line => line.Contains(text, StringComparison.Ordinal)) ?? Text.Trim();

    [GeneratedRegex("^[^']*'([^'\n]+)'", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Quoted();
}
