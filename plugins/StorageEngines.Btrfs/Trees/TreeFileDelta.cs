using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Changes;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Trees;

/// <summary>The changed extents of one file, from the two trees alone. Only where <see cref="TreeConditions"/> hold. Memory is bounded. Not thread-safe.</summary>
internal sealed class TreeFileDelta : IDisposable, ISegmentSink
{
    private const int CheckEvery = 4096;

    private readonly SegmentSpool _segments = new(Path.GetTempPath());
    private readonly TreeReader _from;
    private readonly TreeReader _to;
    private readonly InodeFacts _before = new();
    private readonly InodeFacts _after = new();
    private readonly bool _always;
    private long _changes;
    private long _nextCheck = CheckEvery;
    private bool _gaveUp;

    private TreeFileDelta(DirectoryHandle from, DirectoryHandle to, bool always)
    {
        _from = new TreeReader(from);
        _to = new TreeReader(to);
        _always = always;
    }

    /// <summary>Compares.</summary>
    /// <param name="from">The base's root, open; stays the caller's.</param>
    /// <param name="to">The target's.</param>
    /// <param name="since">The transaction in which the base was made.</param>
    /// <param name="inode">The file, in both.</param>
    /// <param name="always">Goes on where a send would be cheaper.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Null if a send is cheaper, or it is not the same file in both.</returns>
    /// <exception cref="PosixException">A tree cannot be read.</exception>
    internal static TreeFileDelta? TryRead(DirectoryHandle from, DirectoryHandle to, ulong since, ulong inode, bool always, CancellationToken cancellationToken)
    {
        var delta = new TreeFileDelta(from, to, always);
        bool done = false;
        try
        {
            done = delta.Read(inode, since, cancellationToken);
        }
        finally
        {
            delta._from.Dispose();
            delta._to.Dispose();
            if (!done)
            {
                delta.Dispose();
            }
        }

        return done ? delta : null;
    }

    /// <summary>The changed extents, ascending, joined and inside the file.</summary>
    /// <param name="maker">Makes them.</param>
    /// <param name="path">The file in the target.</param>
    internal IEnumerable<Extent> Extents(ExtentMaker maker, BytePath path)
        => maker.Changed(_segments.Segments(), _before.Item.SizeBytes, _after.Item.SizeBytes, path);

    /// <inheritdoc/>
    public bool IsEnough(long at)
    {
        long items = _from.Items + _to.Items;
        if (items >= _nextCheck && !_always)
        {
            _nextCheck = items + CheckEvery;
            _gaveUp = PathCosts.SendIsCheaperFor(items, _changes, (double)at / _after.Item.SizeBytes);
        }

        return _gaveUp;
    }

    /// <inheritdoc/>
    public void Paint(long start, long end, SegmentState state)
    {
        _changes++;
        _segments.Paint(start, end, state);
    }

    /// <inheritdoc/>
    public void Dispose() => _segments.Dispose();

    private bool Read(ulong inode, ulong since, CancellationToken cancellationToken)
    {
        if (!_after.Read(_to, inode, ItemTypes.Inode) || !_before.Read(_from, inode, ItemTypes.Inode) || _after.Item.Generation != _before.Item.Generation)
        {
            return false;
        }

        // Each change of the content changes the item as well.
        if (_after.Item.Transaction > since)
        {
            ExtentComparer.Run(new StoredExtents(_from).Of(inode), new StoredExtents(_to).Of(inode), _before.Item.SizeBytes, _after.Item.SizeBytes, this, cancellationToken);
        }

        return !_gaveUp && !_segments.GaveUp;
    }
}
