using StorageEngines.BtrfsStreams;

namespace StorageEngines.Btrfs.Changes;

/// <summary>
/// Makes file changes of a send stream with or without data. Read a stream with <see cref="StreamCommands.Read"/>, then list <see cref="Changes"/>: nothing comes
/// out before the stream's end was seen. In memory there is a node for each name that the stream makes, moves or removes and for the directories above;
/// what else changed waits in a spool. One reducer reads one stream. Not thread-safe.
/// </summary>
internal sealed class ChangeReducer : FileCommands, IChangeList
{
    private readonly ReducerOptions _options;
    private readonly ChangeSpool _spool;
    private readonly SpoolWriter _records;
    private readonly List<Extent> _data = [];
    private int _recordCount;
    private int _lastAsked = -1;
    private byte[] _lastSource = [];
    private bool _lastWasSame;
    private ChangeLister? _lister;

    internal ChangeReducer(ReducerOptions options)
        : base(MostSegments(options))
    {
        _options = options;
        _spool = new ChangeSpool(options.SpoolDirectory, options.SpoolMemoryBytes);
        _records = new SpoolWriter(_spool);
    }

    /// <summary>Whether the list was too long for memory.</summary>
    internal bool SpoolIsOnDisk => _spool.IsOnDisk;

    /// <summary>Lists the changes; once.</summary>
    /// <exception cref="InvalidOperationException">No stream was read to its end.</exception>
    public IEnumerable<FileChange> Changes(CancellationToken cancellationToken)
        => (_lister ?? throw new InvalidOperationException("Read a stream to its end first.")).List(cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _spool.Dispose();

    // Ranges that are the base's own are dropped later, and between two changed ones there is at most one of those.
    internal static int MostSegments(ReducerOptions options) => (int)Math.Min(2L * options.MaxExtentsPerFile + 16, int.MaxValue);

    /// <inheritdoc/>
    /// <remarks>The sender names the source by any of the file's names; where it is another one than the stream uses, the base is asked.</remarks>
    protected override bool IsSameFileInBase(int entry, ReadOnlySpan<byte> path)
    {
        if (base.IsSameFileInBase(entry, path))
        {
            return true;
        }

        int file = Tree.Names[entry].Now, name = Tree.Objects[file].BaseName;
        if (_options.Tree is not { } tree || name < 0)
        {
            return false;
        }

        if (file != _lastAsked || !path.SequenceEqual(_lastSource))
        {
            (_lastAsked, _lastSource) = (file, path.ToArray());
            _lastWasSame = tree.InBase(Tree.BasePath(name)) is { Links: > 1 } own && tree.InBase(new BytePath(_lastSource)) is { } source && source.Inode == own.Inode;
        }

        return _lastWasSame;
    }

    /// <inheritdoc/>
    protected override void Completed(BtrfsSendReader reader)
    {
        Flush();
        _records.Flush();
        Tree.Damaged = detail => new CorruptDataException("the send stream", reader.Position, detail);
        if (_options.Tree is { } tree)
        {
            new LinkGroups(Tree, tree).Find();
        }

        RenamePairs.Find(Tree);
        _lister = new ChangeLister(Tree, _options, _spool);
    }

    /// <inheritdoc/>
    protected override void Flush()
    {
        if (Current < 0)
        {
            return;
        }

        KnownEntry? known = null;
        if (IsPlain(in Tree.Objects[Current], ref known))
        {
            _recordCount++;
            ChangeRecord.SavePlain(_records, Tree, Current, known, known is { } before ? InTarget(Current, before.Inode) : null, File);
            Tree.Drop(Current);
        }
        else if (!File.IsEmpty)
        {
            Tree.Objects[Current].LastRecord = ++_recordCount;
            ChangeRecord.SaveObject(_records, Current, File);
        }

        base.Flush();
    }

    // The path may be another one in the end; what is known of an inode is the same under every path.
    private KnownEntry? InTarget(int file, ulong inode)
    {
        if (!_options.AsksAtOnce || _options.Tree is not { } tree)
        {
            return null;
        }

        BytePath path = Tree.TargetPath(Tree.Objects[file].NowName);
        if (tree.InTarget(path) is not { } now || now.Inode != inode)
        {
            return null;
        }

        if (now.Type == TreeEntryType.File && _options.States is { } states && File.Segments.Segments.Length <= _options.MaxExtentsPerFile)
        {
            File.AskStates(states, path, now.SizeBytes, _data);
        }

        return now;
    }

    // Its only name is where it was, and the stream has nothing more to say of it.
    private bool IsPlain(in TreeObject file, ref KnownEntry? known)
    {
        const ObjectFlags NotPlain = ObjectFlags.New | ObjectFlags.Directory | ObjectFlags.Moved;
        if ((file.Flags & NotPlain) != 0 || !file.Is(ObjectFlags.Finished) || file.BaseName != file.NowName || file.LastRecord > 0)
        {
            return false;
        }

        known = _options.Tree?.InBase(Tree.BasePath(file.BaseName));
        if (known is not { Links: > 1 } || known.Value.Type == TreeEntryType.Directory)
        {
            return true;
        }

        Tree.Objects[Current].Flags |= ObjectFlags.ManyNames;
        return false;
    }
}
