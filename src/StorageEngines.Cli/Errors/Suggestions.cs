namespace StorageEngines.Cli.Errors;

/// <summary>Finds what a person may have meant.</summary>
internal static class Suggestions
{
    /// <summary>The candidates closest to a mistyped word, nearest first, at most three; none if nothing is near.</summary>
    internal static IReadOnlyList<string> For(string typed, IEnumerable<string> candidates)
        => [.. candidates
            .Distinct()
            .Select(candidate => (candidate, Distance: Distance(typed, candidate)))
            .Where(pair => pair.Distance <= Math.Max(1, Math.Min(3, pair.candidate.Length / 2))
                || (typed.Length >= 2 && pair.candidate.StartsWith(typed, StringComparison.Ordinal)))
            .OrderBy(pair => pair.Distance).ThenBy(pair => pair.candidate, StringComparer.Ordinal)
            .Take(3)
            .Select(pair => pair.candidate)];

    /// <summary>A hint with the closest candidates, or null if nothing is near.</summary>
    internal static string? Hint(string typed, IEnumerable<string> candidates)
    {
        IReadOnlyList<string> near = For(typed, candidates);
        return near.Count == 0 ? null : $"did you mean {string.Join(" or ", near.Select(n => $"'{n}'"))}?";
    }

    // Edits (insert, delete, replace, swap of neighbours) that make one word of the other.
    private static int Distance(string from, string to)
    {
        var rows = new int[from.Length + 1, to.Length + 1];
        for (int i = 0; i <= from.Length; i++)
        {
            for (int j = 0; j <= to.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    rows[i, j] = i + j;
                    continue;
                }

                int replace = rows[i - 1, j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                rows[i, j] = Math.Min(replace, Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1);
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                {
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
                }
            }
        }

        return rows[from.Length, to.Length];
    }
}
