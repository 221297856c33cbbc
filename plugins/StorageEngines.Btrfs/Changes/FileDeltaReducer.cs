using StorageEngines.BtrfsStreams;

namespace StorageEngines.Btrfs.Changes;

/// <summary>
/// Makes the changed extents of one file of a send stream with or without data. Read the stream, then take the extents. Whether they are exact depends on the
/// stream: with the base as a clone source it tells what is shared with it, without one an extent next to a hole may be told as a whole. Too little is never told.
/// One reducer reads one stream. Not thread-safe.
/// </summary>
internal sealed class FileDeltaReducer : StreamCommands, IDisposable
{
    private readonly BytePath _path;
    private readonly long _baseSize;
    private readonly long _targetSize;
    private readonly HashSet<int> _file = [];
    private readonly ExtentMaker _maker;
    private readonly SegmentSpool _segments;
    private long _cutAt = long.MaxValue;
    private bool _isWhole;

    /// <summary>Makes a reducer for a file that both snapshots have; a file that the base does not have needs no stream.</summary>
    /// <param name="basePath">The file in the base.</param>
    /// <param name="path">The file in the target.</param>
    /// <param name="tree">Both snapshots.</param>
    /// <param name="states">Tells holes from data, or null.</param>
    /// <param name="spoolDirectory">Where a very long list waits.</param>
    /// <exception cref="ArgumentException">One of them is no regular file.</exception>
    internal FileDeltaReducer(BytePath basePath, BytePath path, IBaseTree tree, IExtentStates? states, string spoolDirectory)
    {
        _path = path;
        KnownEntry before = File(tree.InBase(basePath), basePath, nameof(basePath));
        _baseSize = before.SizeBytes;
        _targetSize = File(tree.InTarget(path), path, nameof(path)).SizeBytes;
        _maker = new ExtentMaker(states);
        _segments = new SegmentSpool(spoolDirectory);
        foreach (BytePath name in before.Links > 1 ? tree.NamesInBase(before.Inode).Append(basePath) : [basePath])
        {
            _file.Add(Tree.Names[Tree.Ensure(name, inBase: true)].Base);
        }
    }

    /// <summary>
    /// True if the whole file is told: another file is under the path now than in the base, or too much came out of order. Then the extents are a superset. Known
    /// once the stream was read.
    /// </summary>
    internal bool IsWhole => _isWhole || _segments.GaveUp;

    /// <summary>The changed extents, ascending, joined and inside the file. To be asked for once the stream was read.</summary>
    internal IEnumerable<Extent> Extents()
        => IsWhole ? _maker.Whole(_targetSize, _path) : _maker.Changed(_segments.Segments(), Math.Min(_cutAt, _baseSize), _targetSize, _path);

    /// <inheritdoc/>
    public void Dispose() => _segments.Dispose();

    /// <inheritdoc/>
    protected override void Write(int entry, long offset, long length, SegmentState state)
    {
        if (_file.Contains(Tree.Names[entry].Now))
        {
            _segments.Paint(offset, offset + length, state);
        }
    }

    /// <inheritdoc/>
    protected override void Punch(int entry, long offset, long length) => Write(entry, offset, length, SegmentState.Zero);

    /// <inheritdoc/>
    protected override void Truncate(int entry, long size)
    {
        if (_file.Contains(Tree.Names[entry].Now))
        {
            _segments.Truncate(size);
            _cutAt = Math.Min(_cutAt, size);
        }
    }

    /// <inheritdoc/>
    protected override void Set(int entry, ObjectFlags what)
    {
        const ObjectFlags NotPlain = ObjectFlags.New | ObjectFlags.Directory | ObjectFlags.Moved;
        int file = Tree.Names[entry].Now;
        ref TreeObject it = ref Tree.Objects[file];
        if ((what & ObjectFlags.Finished) != 0 && (it.Flags & NotPlain) == 0 && it.BaseName == it.NowName && !_file.Contains(file))
        {
            Tree.Drop(file); // of another file that kept its name there is nothing to remember
        }
    }

    /// <inheritdoc/>
    protected override bool IsSameFileInBase(int entry, ReadOnlySpan<byte> path)
    {
        int file = Tree.Names[entry].Now;
        if (!_file.Contains(file))
        {
            return false;
        }

        foreach (int name in _file)
        {
            if (Tree.IsBasePath(Tree.Objects[name].BaseName, path))
            {
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    protected override void Completed(BtrfsSendReader reader)
    {
        Tree.Damaged = detail => new CorruptDataException("the send stream", reader.Position, detail);
        ReceiverTree.Place place = Tree.FindInTarget(_path);
        _isWhole = place.Entry < 0 || !_file.Contains(Tree.Names[place.Entry].Now);
    }

    private static KnownEntry File(KnownEntry? entry, BytePath path, string parameter)
        => entry is { Type: TreeEntryType.File } file ? file : throw new ArgumentException($"'{path}' is no regular file.", parameter);
}
