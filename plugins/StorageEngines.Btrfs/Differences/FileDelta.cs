using Microsoft.Win32.SafeHandles;
using StorageEngines.Btrfs.Changes;
using StorageEngines.Btrfs.Reading;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Differences;

/// <summary>What differs between a file in one snapshot and a file in another.</summary>
/// <param name="SizeBytes">The file's size in the target.</param>
/// <param name="BaseSizeBytes">Its size in the base; 0 if it is not there.</param>
/// <param name="Exactness">How close the extents are to the truth.</param>
/// <param name="Extents">Ascending and disjoint.</param>
internal sealed record FileDelta(long SizeBytes, long BaseSizeBytes, Exactness Exactness, IReadOnlyList<Extent> Extents)
{
    /// <summary>Finds it.</summary>
    /// <param name="query">Compares snapshots.</param>
    /// <param name="asked">What is asked.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal static FileDelta Find(ChangeQuery query, DeltaQuery asked, CancellationToken cancellationToken)
    {
        using SnapshotPair pair = query.Open(asked.Base, asked.Target);
        BytePath path = SnapshotView.RequirePath(asked.Path, asked.Target);
        try
        {
            using SafeFileHandle file = pair.OpenTarget(path);
            return Compare(pair, path, asked.BasePath ?? path, FileHandle.GetLength(file), cancellationToken);
        }
        catch (PosixException e)
        {
            throw SnapshotView.FileError(e, path, asked.Target);
        }
    }

    private static FileDelta Compare(SnapshotPair pair, BytePath path, BytePath basePath, long size, CancellationToken cancellationToken)
    {
        KnownEntry? before = pair.InBase(basePath) is { Type: TreeEntryType.File } entry ? entry : null;
        long baseSize = before?.SizeBytes ?? 0;
        if (before is null || before.Value.Inode != pair.InTarget(path)?.Inode)
        {
            return new FileDelta(size, baseSize, Exactness.Superset, Whole(pair, path, size)); // Two files that have nothing to do with one another.
        }

        if (ChangeQuery.AreEqual(pair.From, pair.To))
        {
            return new FileDelta(size, baseSize, Exactness.Exact, []);
        }

        Exactness exactness = ChangeQuery.IsExact(pair) ? Exactness.Exact : Exactness.Superset;
        using ChangeReducer changes = ChangeQuery.Read(pair, new ReducerOptions { Under = path, MaxExtentsPerFile = int.MaxValue }, cancellationToken);
        FileChange? change = changes.Changes(cancellationToken).FirstOrDefault(each => each.Path == path && each.Kind != FileChangeKind.Removed);
        return change switch
        {
            null => new FileDelta(size, baseSize, exactness, []),
            _ when change.Kind.HasFlag(FileChangeKind.Added) => new FileDelta(size, baseSize, Exactness.Superset, Whole(pair, path, size)),
            _ when !change.Kind.HasFlag(FileChangeKind.Content) => new FileDelta(size, baseSize, exactness, []),
            _ => new FileDelta(size, baseSize, exactness, change.Extents ?? Whole(pair, path, size)),
        };
    }

    // Every byte: data where there is some, zeroes elsewhere.
    private static List<Extent> Whole(SnapshotPair pair, BytePath path, long size)
    {
        var data = new List<Extent>();
        var all = new List<Extent>();
        if (size == 0)
        {
            return all;
        }

        pair.TryReadData(path, new Extent(0, size), data);
        long end = 0;
        foreach (Extent extent in data)
        {
            if (extent.Offset > end)
            {
                all.Add(Extent.FromBounds(end, extent.Offset, ExtentState.Zero));
            }

            all.Add(extent);
            end = extent.End;
        }

        if (end < size)
        {
            all.Add(Extent.FromBounds(end, size, ExtentState.Zero));
        }

        return all;
    }
}
