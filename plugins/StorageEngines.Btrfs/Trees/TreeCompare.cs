using StorageEngines.Btrfs.Changes;
using StorageEngines.Btrfs.Native;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Trees;

/// <summary>
/// The changes between two snapshots from their trees alone: the changed inodes are found by <see cref="TreeScan"/>, their items looked up in the base,
/// and what is gone is found by <see cref="GoneNames"/>. What is said is the same as of a send, and exact. Only where <see cref="TreeConditions"/> hold. Not thread-safe.
/// </summary>
internal sealed class TreeCompare : IChangeList
{
    private readonly ReducerOptions _options;
    private readonly ReceiverTree _tree = new() { Damaged = TreeDamage.Is };
    private readonly ChangeSpool _spool;
    private readonly SpoolWriter _records;
    private readonly FileContent _content;
    private readonly ContentSink _sink;
    private readonly TreeReader _scan;
    private readonly TreeReader _from;
    private readonly TreeReader _to;
    private readonly StoredExtents _storedFrom;
    private readonly StoredExtents _storedTo;
    private readonly KeptExtents _keptFrom = new();
    private readonly KeptExtents _keptTo = new();
    private readonly InodeFacts _before = new();
    private readonly InodeFacts _again = new();
    private readonly TreeReader _list;
    private readonly TreeNames _names;
    private readonly GoneNames _gone;
    private readonly PathCosts _costs = new();
    private readonly List<ulong> _directories = [];
    private readonly List<ulong> _later = [];
    private readonly ulong _since;
    private CancellationToken _cancellationToken;
    private int _recordCount;

    private TreeCompare(DirectoryHandle from, DirectoryHandle to, ulong since, ReducerOptions options)
    {
        _options = options;
        _since = since;
        _spool = new ChangeSpool(options.SpoolDirectory, options.SpoolMemoryBytes);
        _records = new SpoolWriter(_spool);
        _content = new FileContent(ChangeReducer.MostSegments(options));
        _sink = new ContentSink(_content);
        _scan = new TreeReader(to, TreeReader.ForScans, readsAhead: true);
        _from = new TreeReader(from);
        _to = new TreeReader(to);
        _list = new TreeReader(from, TreeReader.ForScans, readsAhead: true);
        _storedFrom = new StoredExtents(_from);
        _storedTo = new StoredExtents(_to);
        _names = new TreeNames(_tree, _from, _to, since);
        _gone = new GoneNames(_names, _list, _to, since);
    }

    /// <summary>Compares.</summary>
    /// <param name="from">The base's root, open; stays the caller's.</param>
    /// <param name="to">The target's.</param>
    /// <param name="since">The transaction in which the base was made.</param>
    /// <param name="options">What is wanted.</param>
    /// <param name="always">Goes on where a send would be cheaper.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Null if a send is cheaper, or directories are nested too deeply for this way.</returns>
    /// <exception cref="PosixException">A tree cannot be read.</exception>
    /// <exception cref="CorruptDataException">A tree is damaged, or changed meanwhile.</exception>
    internal static TreeCompare? TryRead(
        DirectoryHandle from, DirectoryHandle to, ulong since, ReducerOptions options, bool always, CancellationToken cancellationToken)
    {
        var compare = new TreeCompare(from, to, since, options) { _cancellationToken = cancellationToken };
        bool done = false;
        try
        {
            done = compare.Read(always);
        }
        catch (InsufficientExecutionStackException)
        {
            done = false; // A send follows every path from its beginning, and needs no stack for that.
        }
        finally
        {
            compare.ReleaseReaders();
            if (!done)
            {
                compare.Dispose();
            }
        }

        return done ? compare : null;
    }

    /// <inheritdoc/>
    public IEnumerable<FileChange> Changes(CancellationToken cancellationToken) => new ChangeLister(_tree, _options, _spool).List(cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _spool.Dispose();

    private void ReleaseReaders()
    {
        _scan.Dispose();
        _from.Dispose();
        _to.Dispose();
        _list.Dispose();
    }

    private bool Read(bool always)
    {
        new TreeScan(_since, One).Run(_scan, _cancellationToken);
        if (_costs.SendIsCheaper && !always)
        {
            return false;
        }

        foreach (ulong inode in _later)
        {
            _again.Read(_to, inode);
            _before.Read(_from, inode);
            Both(_before, _again);
        }

        foreach (ulong directory in _directories)
        {
            _gone.Find(directory, _scan, _cancellationToken);
        }

        _records.Flush();
        RenamePairs.Find(_tree);
        return true;
    }

    /// <summary>An inode that changed.</summary>
    private void One(InodeFacts after)
    {
        if (!after.Exists)
        {
            return; // it has no name any more, and is only open still
        }

        _costs.File(after);
        if (after.Item.Generation > _since)
        {
            Added(after); // all that it has is new, and so in newer leaves
            return;
        }

        bool isDirectory = after.Item.IsDirectory;
        byte last = isDirectory ? ItemTypes.Attribute : ItemTypes.Extent;
        if (!_before.Read(_from, after.Inode, last))
        {
            _again.Read(_to, after.Inode, last); // without a name in the base, as an open file that got one later
            Added(_again);
            return;
        }

        if (_before.TooManyExtents || after.TooManyExtents)
        {
            _later.Add(after.Inode);
            _costs.Later(_before, after);
            return;
        }

        // What of the target lies in older leaves is in the base too. So if all that the base has was seen, all that the target has was seen.
        bool sawAll = _before.KeysAreIn(after) && (isDirectory || _before.ExtentKeysAreIn(after));
        if (!sawAll)
        {
            _again.Read(_to, after.Inode, last);
        }

        bool hadNames = isDirectory && _before.Item.SizeBytes > 0;
        Both(_before, sawAll ? after : _again);
        if (hadNames)
        {
            FindGone(after);
        }
    }

    private void FindGone(InodeFacts directory)
    {
        if (directory.HasAllEntries)
        {
            _gone.Find(directory, _cancellationToken);
            return;
        }

        _directories.Add(directory.Inode);
        _costs.Directory(_before.Item, directory.Item);
    }

    private void Added(InodeFacts after)
    {
        _content.Clear();
        if (after.Item.Type == TreeEntryType.File)
        {
            ExtentComparer.All(Cursor(after, _keptTo, _storedTo), after.Item.SizeBytes, _sink);
        }

        int added = _names.Added(after);
        Save(added, null, after.Item.ToKnown(after.Inode));
    }

    private void Both(InodeFacts before, InodeFacts after)
    {
        _content.Clear();
        if (after.Item.Type == TreeEntryType.File)
        {
            ExtentComparer.Run(
                Cursor(before, _keptFrom, _storedFrom), Cursor(after, _keptTo, _storedTo), before.Item.SizeBytes, after.Item.SizeBytes, _sink, _cancellationToken);
        }

        KnownEntry old = before.Item.ToKnown(before.Inode), now = after.Item.ToKnown(after.Inode);
        ObjectFlags flags = ObjectFlags.Attributes | (before.AttributesEqual(after) ? 0 : ObjectFlags.Xattrs);
        if (after.Item.IsDirectory || before.Names.Count != 1 || after.Names.Count != 1 || !before.IsNameOf(before.Names[0], after))
        {
            int living = after.Inode == BtrfsRequests.FirstFree ? ReceiverTree.Root : _names.Living(before, after);
            _tree.Objects[living].Flags |= flags;
            Save(living, old, now);
        }
        else if (old != now || !_content.IsEmpty || (flags & ObjectFlags.Xattrs) != 0)
        {
            InodeName name = after.Names[0];
            _recordCount++;
            ChangeRecord.SavePlain(_records, _names.TargetDirectory(name.Directory), after.NameOf(in name), flags, old, now, _content);
        }
    }

    private void Save(int file, KnownEntry? before, KnownEntry? after)
    {
        _tree.Objects[file].LastRecord = ++_recordCount;
        ChangeRecord.SaveObject(_records, file, _content, before, after);
    }

    private static ExtentCursor Cursor(InodeFacts facts, KeptExtents kept, StoredExtents stored)
        => facts.TooManyExtents ? stored.Of(facts.Inode) : kept.Of(facts);
}
