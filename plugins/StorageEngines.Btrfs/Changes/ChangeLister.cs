namespace StorageEngines.Btrfs.Changes;

/// <summary>Lists the changes once the whole stream was read: first what waits in the spool, then what moved, then what is gone.</summary>
internal sealed class ChangeLister(ReceiverTree tree, ReducerOptions options, ChangeSpool spool)
{
    private const int CancelEvery = 1024;

    private readonly ExtentMaker _maker = new(options.States);
    private readonly BaseSide _base = new(tree, options.Tree);
    private readonly FileContent _nothing = new(1);
    private readonly Dictionary<int, FileContent> _folded = [];
    private readonly List<FileChange> _ready = [];

    internal IEnumerable<FileChange> List(CancellationToken cancellationToken)
    {
        var root = new MovedRoot(tree, options);
        long count = 0;
        foreach (FileChange change in All())
        {
            if (count++ % CancelEvery == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            if (change.Path.IsAtOrBelow(options.Under) || (change.OldPath is { } old && old.IsAtOrBelow(options.Under)))
            {
                root.Saw(change);
                yield return change;
            }
        }

        foreach (FileChange change in root.Missing())
        {
            yield return change;
        }
    }

    private IEnumerable<FileChange> All()
    {
        foreach (FileChange change in FromSpool())
        {
            yield return change;
        }

        for (int at = 0; at < tree.Objects.Count; at++)
        {
            if (!tree.Objects[at].Is(ObjectFlags.Listed | ObjectFlags.Unused))
            {
                foreach (FileChange change in OfObject(at, _folded.GetValueOrDefault(at) ?? _nothing))
                {
                    yield return change;
                }
            }
        }

        for (int at = 0; at < tree.Names.Count; at++)
        {
            if (_base.Gone(at) is { } change)
            {
                yield return change;
            }
        }
    }

    private IEnumerable<FileChange> FromSpool()
    {
        var reader = new SpoolReader(spool);
        var record = new ChangeRecord(ChangeReducer.MostSegments(options));
        for (int number = 1; !reader.IsAtEnd; number++)
        {
            record.Load(reader);
            if (record.Object < 0)
            {
                if (OfPlain(record) is { } change)
                {
                    yield return change;
                }

                continue;
            }

            int file = LinkGroups.Same(tree, record.Object);
            Fold(file, record);
            if (tree.Objects[file].LastRecord == number)
            {
                foreach (FileChange change in OfObject(file, _folded[file], record.Known, record.After))
                {
                    yield return change;
                }

                _folded.Remove(file);
            }
        }
    }

    /// <summary>A file that kept its only name and was put away at once, unless the stream came back to it.</summary>
    private FileChange? OfPlain(ChangeRecord record)
    {
        int again = tree.Names.Find(record.Directory, record.Name.Span);
        if (again >= 0)
        {
            if (tree.Names[again].Base is var file and >= 0)
            {
                tree.Objects[file].Flags |= record.Flags & (ObjectFlags.Attributes | ObjectFlags.Xattrs);
                Fold(file, record);
            }

            return null;
        }

        ref TreeObject directory = ref tree.Objects[record.Directory];
        var name = new BytePath(record.Name);
        bool relocated = tree.IsRelocated(record.Directory);
        BytePath path = directory.NowName < 0 ? throw tree.Damaged($"the directory of '{name}' is gone, and the file is not") : tree.TargetPath(directory.NowName, name);
        BytePath old = relocated ? tree.BasePath(directory.BaseName, name) : path;
        if (!path.IsAtOrBelow(options.Under) && !old.IsAtOrBelow(options.Under))
        {
            return null;
        }

        EntryComparison differs = EntryComparison.Of(
            record.Flags, record.Content, record.Known, record.After ?? options.Tree?.InTarget(path), path, _maker, options.MaxExtentsPerFile);
        return differs.Kind == FileChangeKind.None ? null : Kept(differs, path, old, relocated ? _base.TakeGoneAt(path) : -1, null);
    }

    private void Fold(int file, ChangeRecord record)
    {
        if (!_folded.TryGetValue(file, out FileContent? folded))
        {
            _folded.Add(file, folded = new FileContent(ChangeReducer.MostSegments(options)));
        }

        folded.Apply(record.Content);
    }

    private List<FileChange> OfObject(int at, FileContent content, KnownEntry? before = null, KnownEntry? after = null)
    {
        const ObjectFlags Said = ObjectFlags.Attributes | ObjectFlags.Xattrs | ObjectFlags.Moved | ObjectFlags.New | ObjectFlags.ManyNames;
        _ready.Clear();
        TreeObject it = tree.Objects[at];
        tree.Objects[at].Flags |= ObjectFlags.Listed;
        if (it.FirstNow < 0 || ((it.Flags & Said) == 0 && content.IsEmpty))
        {
            return _ready;
        }

        before ??= it.Is(ObjectFlags.New) ? null : options.Tree?.InBase(tree.BasePath(it.BaseName));
        EntryComparison? differs = null;
        for (int name = it.FirstNow; name >= 0; name = tree.Names[name].NextNow)
        {
            BytePath path = tree.TargetPath(name);
            after ??= options.Tree?.InTarget(path);
            if (it.Is(ObjectFlags.New) || (tree.Names[name].Base != at && tree.Names[name].RenamedFrom < 0))
            {
                _ready.Add(Added(name, in it, content, after, path));
                continue;
            }

            differs ??= Compare(in it, at, content, before, after, path);
            Old(at, name, differs.Value, after, path);
        }

        return _ready;
    }

    private EntryComparison Compare(in TreeObject it, int at, FileContent content, KnownEntry? before, KnownEntry? after, BytePath path)
    {
        EntryComparison differs = EntryComparison.Of(it.Flags, content, before, after, path, _maker, options.MaxExtentsPerFile);
        bool counted = before is not null && after is not null;
        return !counted && !it.Is(ObjectFlags.Directory) && CountChanged(in it, at) ? differs with { Kind = differs.Kind | FileChangeKind.LinkCount } : differs;
    }

    private bool CountChanged(in TreeObject it, int at)
    {
        int difference = 0;
        for (int name = it.FirstNow; name >= 0; name = tree.Names[name].NextNow)
        {
            difference += tree.Names[name].Base == at ? 0 : 1;
        }

        for (int name = it.FirstLost; name >= 0; name = tree.Names[name].NextLost)
        {
            difference--;
        }

        return difference != 0;
    }

    private void Old(int at, int name, EntryComparison differs, KnownEntry? after, BytePath path)
    {
        bool kept = tree.Names[name].Base == at;
        if (kept && differs.Kind == FileChangeKind.None)
        {
            return;
        }

        BytePath old = tree.BasePath(kept ? name : tree.Names[name].RenamedFrom);
        FileChange change = Kept(differs, path, old, _base.TakeGoneAt(name, path), after);
        _ready.Add(kept ? change : change with { Kind = change.Kind | FileChangeKind.Renamed, OldPath = old });
    }

    private FileChange Kept(EntryComparison differs, BytePath path, BytePath old, int gone, KnownEntry? after)
    {
        bool renamed = path != old;
        FileChangeKind kind = differs.Kind | (renamed ? FileChangeKind.Renamed : 0) | _base.KindOfGone(gone, path, after);
        return new FileChange(kind, path) { OldPath = renamed ? old : null, Extents = differs.Extents };
    }

    private FileChange Added(int name, in TreeObject it, FileContent content, KnownEntry? after, BytePath path)
    {
        FileChangeKind kind = FileChangeKind.Added | _base.KindOfGone(_base.TakeGoneAt(name, path), path, after ?? Entry(it.Type));
        TreeEntryType type = after?.Type ?? it.Type;
        IReadOnlyList<Extent>? extents = null;
        if (type == TreeEntryType.File)
        {
            bool isNew = it.Is(ObjectFlags.New);
            long size = after?.SizeBytes ?? (isNew ? content.TargetSize(0) : -1);
            extents = isNew ? _maker.Changed(content, 0, size, path, options.MaxExtentsPerFile)
                : size >= 0 ? ExtentMaker.AtMost(options.MaxExtentsPerFile, _maker.Whole(size, path)) : null;
        }

        return new FileChange(kind, path) { Extents = extents };
    }

    private static KnownEntry? Entry(TreeEntryType type) => type == 0 ? null : new KnownEntry { Type = type };
}
