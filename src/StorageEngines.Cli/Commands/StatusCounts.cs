using System.Text;
using StorageEngines.Cli.Output;

namespace StorageEngines.Cli.Commands;

/// <summary>Counts what <c>status</c> lists, and takes the totals.</summary>
internal sealed class StatusCounts : IProgress<PendingTotals>
{
    private const FileChangeKind Small = FileChangeKind.Metadata | FileChangeKind.LinkCount;
    private long _modified, _metadata, _added, _deleted, _renamed;

    /// <summary>The totals; null before the end.</summary>
    internal PendingTotals? Totals { get; private set; }

    /// <inheritdoc/>
    public void Report(PendingTotals value) => Totals = value;

    /// <summary>
    /// The two letters of a line: <c>A</c> new, <c>D</c> gone, <c>R</c> renamed, <c>T</c> another type, <c>M</c> modified, <c>m</c> metadata only; the second
    /// one is M or m for what was renamed and changed besides, else a blank.
    /// </summary>
    internal static string Code(FileChangeKind kind)
    {
        char first = (kind & FileChangeKind.Renamed) != 0 ? 'R'
            : (kind & FileChangeKind.Type) != 0 ? 'T'
            : (kind & FileChangeKind.Added) != 0 ? 'A'
            : (kind & FileChangeKind.Removed) != 0 ? 'D'
            : Modified(kind);
        return first == 'R' ? $"R{Modified(kind)}" : $"{first} ";
    }

    /// <summary>Counts one change.</summary>
    internal void Add(FileChangeKind kind)
    {
        switch (Code(kind)[0])
        {
            case 'R':
                _renamed++;
                break;
            case 'A':
                _added++;
                break;
            case 'D':
                _deleted++;
                break;
            case 'm':
                _metadata++;
                break;
            default:
                _modified++;
                break;
        }
    }

    /// <summary>A sentence for people.</summary>
    internal string Describe()
    {
        string since = $"since '{Totals!.Base.Name ?? Totals.Base.Id}' of {Sizes.Instant(Totals.BaseCreatedAt)}";
        var text = new StringBuilder();
        foreach ((long count, string what) in new[] { (_modified, "modified"), (_added, "added"), (_deleted, "deleted"), (_renamed, "renamed"), (_metadata, "metadata only") })
        {
            text.Append(count == 0 ? "" : $"{(text.Length == 0 ? "" : ", ")}{Sizes.Count(count)} {what}");
        }

        return text.Length == 0
            ? $"no changes {since}"
            : Totals.FilesToRead == 0 ? $"{text} {since}; a snapshot would read nothing"
            : $"{text} {since}; a snapshot would read {Sizes.Count(Totals.FilesToRead)} files of {Sizes.Exact(Totals.BytesToRead)}";
    }

    private static char Modified(FileChangeKind kind) => (kind & FileChangeKind.Content) != 0 ? 'M' : (kind & Small) != 0 ? 'm' : ' ';
}
