using StorageEngines.Portable.Trees;

namespace StorageEngines.Portable.Tar;

/// <summary>
/// What a directory of the target holds, as GNU tar's incremental archives say it (<c>GNU.dumpdir</c>): for each name <c>D</c> for a directory and <c>Y</c> for
/// all else, the name, a NUL; ordered by bytes, and a NUL at the end. GNU tar, told <c>--listed-incremental=/dev/null</c>, removes what is not in the list.
/// </summary>
internal sealed class TarNames(TreeSource source, TreeWarnings warnings)
{
    /// <summary>The longest list, in bytes: half of what our own reader takes before one entry.</summary>
    private const int LongestList = 2 << 20;

    /// <summary>The list for one directory; null if it is too long.</summary>
    internal async ValueTask<byte[]?> OfAsync(BytePath directory, CancellationToken cancellationToken)
    {
        var names = new List<(BytePath Name, bool IsDirectory)>();
        long bytes = 1;
        await foreach (TreeEntry entry in source.ListAsync(directory, cancellationToken))
        {
            bool isIn = entry.Path != directory && entry.Path.Parent == directory;
            if (isIn && entry.Type != TreeEntryType.Socket)
            {
                bytes += entry.Path.Name.Length + 2;
                if (bytes > LongestList)
                {
                    warnings.LongNames(directory);
                    return null;
                }

                names.Add((new BytePath(entry.Path.Name.Span.ToArray()), entry.Type == TreeEntryType.Directory));
            }
        }

        var list = new List<byte>();
        foreach ((BytePath name, bool isDirectory) in names.OrderBy(one => one.Name))
        {
            list.Add(isDirectory ? (byte)'D' : (byte)'Y');
            list.AddRange(name.Span);
            list.Add(0);
        }

        list.Add(0);
        return [.. list];
    }
}
