using StorageEngines.Btrfs.Changes;
using StorageEngines.Btrfs.Reading;
using StorageEngines.Btrfs.Trees;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Differences;

/// <summary>What differs between a file in one snapshot and a file in another. To be disposed.</summary>
internal sealed class FileDelta : IDisposable
{
    private readonly SnapshotPair _pair;
    private readonly IDisposable? _changes;

    private FileDelta(ChangeQuery query, SnapshotPair pair, BytePath path, BytePath basePath, CancellationToken cancellationToken)
    {
        _pair = pair;
        SizeBytes = pair.TargetSize(path);
        KnownEntry? before = pair.InBase(basePath) is { Type: TreeEntryType.File } entry ? entry : null;
        BaseSizeBytes = before?.SizeBytes ?? 0;
        Exactness = Exactness.Superset;
        if (before is null || before.Value.Inode != pair.InTarget(path)?.Inode)
        {
            Extents = Whole(pair, path, SizeBytes); // Two files that have nothing to do with one another.
            return;
        }

        if (ChangeQuery.AreEqual(pair.From, pair.To))
        {
            Exactness = Exactness.Exact;
            Extents = [];
            return;
        }

        bool always = query.Path == ComparePath.Trees;
        if (query.ByTrees(pair, (local, since) => TreeFileDelta.TryRead(local.Base, local.Target, since, before.Value.Inode, always, cancellationToken)) is { } trees)
        {
            _changes = trees;
            Exactness = Exactness.Exact;
            Extents = trees.Extents(new ExtentMaker(pair), path);
            return;
        }

        bool exact = pair.FindExactness();
        FileDeltaReducer changes = ChangeQuery.Read(pair, () => new FileDeltaReducer(basePath, path, pair, pair, Path.GetTempPath()), exact, cancellationToken);
        _changes = changes;
        Exactness = exact && !changes.IsWhole ? Exactness.Exact : Exactness.Superset;
        Extents = changes.Extents();
    }

    /// <summary>The file's size in the target.</summary>
    internal long SizeBytes { get; }

    /// <summary>Its size in the base; 0 if it is not there.</summary>
    internal long BaseSizeBytes { get; }

    /// <summary>How close the extents are to the truth.</summary>
    internal Exactness Exactness { get; }

    /// <summary>The extents, ascending and disjoint; to be taken while this is not disposed.</summary>
    internal IEnumerable<Extent> Extents { get; }

    /// <summary>Finds it.</summary>
    /// <param name="query">Compares snapshots.</param>
    /// <param name="asked">What is asked.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal static FileDelta Find(ChangeQuery query, DeltaQuery asked, CancellationToken cancellationToken)
    {
        SnapshotPair pair = query.Open(asked.Base, asked.Target, cancellationToken);
        try
        {
            BytePath path = SnapshotView.RequirePath(asked.Path, asked.Target);
            return new FileDelta(query, pair, path, asked.BasePath ?? path, cancellationToken);
        }
        catch (PosixException e)
        {
            pair.Dispose();
            throw SnapshotView.FileError(e, asked.Path ?? default, asked.Target);
        }
        catch
        {
            pair.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _changes?.Dispose();
        _pair.Dispose();
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
