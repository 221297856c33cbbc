namespace StorageEngines.EngineBenchmarks.Rows;

/// <summary>Reads which files peers say have changed. A program that does not name what is gone gives null for it.</summary>
internal static class FinderAnswers
{
    /// <summary><c>git status --porcelain</c>.</summary>
    public static (HashSet<string> Changed, HashSet<string>? Gone) GitStatus(IEnumerable<string> lines)
    {
        HashSet<string> changed = [], gone = [];
        foreach (string line in lines)
        {
            (line[1] == 'D' ? gone : changed).Add(line[3..]);
        }

        return (changed, gone);
    }

    /// <summary><c>tar -t</c> of an incremental archive, which names deletions inside its directories' records only.</summary>
    public static (HashSet<string> Changed, HashSet<string>? Gone) TarMembers(IEnumerable<string> lines)
        => ([.. lines.Where(line => !line.EndsWith('/')).Select(line => line[(line.IndexOf('/', StringComparison.Ordinal) + 1)..])], null);

    /// <summary><c>rsync -i</c>.</summary>
    public static (HashSet<string> Changed, HashSet<string>? Gone) RsyncItems(IEnumerable<string> lines)
    {
        const string Deleting = "*deleting";
        HashSet<string> changed = [], gone = [];
        foreach (string line in lines)
        {
            int blank = line.IndexOf(' ', StringComparison.Ordinal);
            if (line.StartsWith(Deleting, StringComparison.Ordinal))
            {
                gone.Add(line[Deleting.Length..].TrimStart());
            }
            else if (line.StartsWith(">f", StringComparison.Ordinal))
            {
                changed.Add(line[(blank + 1)..]);
            }
        }

        return (changed, gone);
    }
}
