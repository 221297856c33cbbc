namespace StorageEngines.EngineBenchmarks.Rows;

/// <summary>Reads which files peers say have changed. A program that does not name what is gone gives null for it.</summary>
internal static class FinderAnswers
{
    /// <summary><c>storage-engines status</c>. Of a directory it tells that its times moved, which none of the others does.</summary>
    public static (HashSet<string> Changed, HashSet<string>? Gone) EngineStatus(IEnumerable<string> lines, Func<string, bool> isDirectory)
    {
        const string Arrow = " -> ";
        HashSet<string> changed = [], gone = [];
        foreach (string line in lines)
        {
            string path = line[3..];
            switch (line[0])
            {
                case 'D':
                    gone.Add(path);
                    break;
                case 'R':
                    int arrow = path.IndexOf(Arrow, StringComparison.Ordinal);
                    gone.Add(path[..arrow]);
                    changed.Add(path[(arrow + Arrow.Length)..]);
                    break;
                case 'm' when isDirectory(path):
                    break;
                default:
                    changed.Add(path);
                    break;
            }
        }

        return (changed, gone);
    }

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
