using System.Text.RegularExpressions;

namespace StorageEngines.CephRbd.Hosts.Commands;

/// <summary>What rbd and Python said, for people.</summary>
internal static partial class RbdWords
{
    /// <summary>Leaves out what librbd logs, if it does in spite of being told otherwise, how far something is, and what is said twice.</summary>
    internal static string Clean(string errors)
        => string.Join('\n', errors.Split('\n', '\r').Select(line => Progress().Replace(line, "").Trim()).Where(line => line.Length > 0 && !Logged().IsMatch(line)).Distinct(StringComparer.Ordinal));

    /// <summary>Whether the cluster was not reached at all, which has the error numbers of other things: no configuration, no monitor in it, or no key.</summary>
    internal static bool IsWithoutConnection(string words)
        => words.Contains("couldn't connect to the cluster", StringComparison.Ordinal) || words.Contains("unable to open config file", StringComparison.Ordinal);

    /// <summary>Whether the program does not know an option or a verb.</summary>
    internal static bool IsTooOld(string words) => words.Contains("unrecognised option", StringComparison.Ordinal) || words.Contains("unknown option", StringComparison.Ordinal);

    /// <summary>Whether there is no pool of that name.</summary>
    internal static bool IsWithoutPool(string words) => words.Contains("error opening pool", StringComparison.Ordinal) || words.Contains("error opening default pool", StringComparison.Ordinal);

    // 2026-11-20T23:49:06.883+0000 7efd9e13d6c0 -1 librbd::image::CloneRequest: …
    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S* |\s-1 librbd::", RegexOptions.CultureInvariant)]
    private static partial Regex Logged();

    // Rolling back to snapshot: 25% complete...Rolling back to snapshot: 100% complete...done.
    [GeneratedRegex(@"[A-Z][A-Za-z ]*: \d+% complete\.\.\.(done\.|failed\.)?", RegexOptions.CultureInvariant)]
    private static partial Regex Progress();
}
