namespace StorageEngines.Zfs.Differences;

/// <summary>
/// Makes the list of changes from the names of both snapshots. A name stays if it is in the same directory under the same last component, wherever that directory went; names that an object lost
/// and got are renames of one another, and what is left over was removed or added.
/// </summary>
/// <param name="names">The names.</param>
/// <param name="objects">What differs of objects that are in both; none for those that do not.</param>
/// <param name="lookUp">Looks up paths in the target of which nothing is known: below directories that were moved.</param>
internal sealed class ChangeBuilder(PairNames names, IReadOnlyDictionary<ulong, ObjectDifference> objects, Func<IReadOnlyCollection<BytePath>, IReadOnlyCollection<TreeEntry>> lookUp)
{
    private readonly Dictionary<BytePath, PathChange> _changes = [];
    private readonly Dictionary<BytePath, BytePath> _stayed = []; // by the path in the target, the path in the base
    private readonly List<TreeEntry> _removed = [];
    private readonly HashSet<BytePath> _movedDirectories = [];

    /// <summary>Makes the list.</summary>
    internal IReadOnlyCollection<PathChange> Build()
    {
        foreach (ulong number in names.Base.Objects.Union(names.Target.Objects))
        {
            One(number);
        }

        Remove();
        return _changes.Values;
    }

    private void One(ulong number)
    {
        IReadOnlyList<BytePath> old = names.Base.Names(number), now = names.Target.Names(number);
        if (old.Count > 0 && now.Count > 0 && IsOther(number))
        {
            Lost(old);
            Gained(now, number, isNew: true);
            return;
        }

        var lost = new List<BytePath>(old);
        var gained = new List<BytePath>(now);
        foreach ((BytePath before, BytePath after) in Stayed(old, now))
        {
            lost.Remove(before);
            gained.Remove(after);
            _stayed[after] = before;
            if (DifferenceOf(number) is var kind and not FileChangeKind.None)
            {
                _changes[after] = before == after ? new PathChange(kind, after, null, number) : new PathChange(kind | FileChangeKind.Renamed, after, before, number);
            }
        }

        int pairs = Math.Min(lost.Count, gained.Count);
        for (int i = 0; i < pairs; i++)
        {
            _changes[gained[i]] = new PathChange(FileChangeKind.Renamed | DifferenceOf(number), gained[i], lost[i], number);
            if (names.Target.Entries[gained[i]].Type == TreeEntryType.Directory)
            {
                _movedDirectories.Add(gained[i]);
            }
        }

        Lost(lost.Skip(pairs));
        Gained(gained.Skip(pairs), number, isNew: old.Count == 0);
    }

    private void Lost(IEnumerable<BytePath> paths) => _removed.AddRange(paths.Select(path => names.Base.Entries[path]));

    private void Gained(IEnumerable<BytePath> paths, ulong number, bool isNew)
    {
        foreach (BytePath path in paths)
        {
            _changes[path] = new PathChange(FileChangeKind.Added, path, null, number) { IsNewObject = isNew };
        }
    }

    private List<(BytePath Before, BytePath After)> Stayed(IReadOnlyList<BytePath> old, IReadOnlyList<BytePath> now)
    {
        var pairs = new List<(BytePath, BytePath)>();
        foreach (BytePath before in old)
        {
            foreach (BytePath after in now)
            {
                if (IsSameName(before, after))
                {
                    pairs.Add((before, after));
                    break;
                }
            }
        }

        return pairs;
    }

    private bool IsSameName(BytePath before, BytePath after)
    {
        if (names.Same.TryGetValue(before, out BytePath same))
        {
            return same == after;
        }

        if (before.IsRoot || after.IsRoot)
        {
            return before.IsRoot && after.IsRoot;
        }

        return before.Name == after.Name && names.Base.ListedDirectory(before.Parent) is { } inBase && inBase == names.Target.ListedDirectory(after.Parent) && !IsOther(inBase);
    }

    // Removed are names; what else came under them, and what lies below a directory that was moved, decides how that is told.
    private void Remove()
    {
        List<BytePath> unknown = [.. _removed.Select(entry => entry.Path).Where(path => !names.Target.Entries.ContainsKey(path) && IsBelowMoved(path))];
        foreach (TreeEntry entry in unknown.Count == 0 ? [] : lookUp(unknown))
        {
            if (names.BasePathOf(entry.Path) is { } before)
            {
                _stayed[entry.Path] = before;
                names.Target.Add(entry);
            }
        }

        foreach (TreeEntry gone in _removed)
        {
            PathChange change = _changes.TryGetValue(gone.Path, out PathChange? other) ? other
                : _stayed.TryGetValue(gone.Path, out BytePath from) ? new PathChange(FileChangeKind.Renamed, gone.Path, from, names.Target.Entries[gone.Path].FileId)
                : new PathChange(FileChangeKind.None, gone.Path, null, gone.FileId);
            bool isOtherType = change.Kind != FileChangeKind.None && IsOtherType(gone, names.Target.Entries[gone.Path]);

            // A name that stayed in its place is no longer in the same one if its directory took the place of another.
            _changes[gone.Path] = change with { Kind = change.Kind | FileChangeKind.Removed | (isOtherType ? FileChangeKind.Type : 0) };
        }
    }

    private bool IsBelowMoved(BytePath path)
    {
        for (BytePath above = path.Parent; !above.IsRoot; above = above.Parent)
        {
            if (_movedDirectories.Contains(above))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsOther(ulong number) => objects.TryGetValue(number, out ObjectDifference? it) && it.IsOther;

    private FileChangeKind DifferenceOf(ulong number) => objects.TryGetValue(number, out ObjectDifference? it) ? it.Kind : FileChangeKind.None;

    private static bool IsOtherType(TreeEntry gone, TreeEntry now) => gone.Type != now.Type || gone.DeviceMajor != now.DeviceMajor || gone.DeviceMinor != now.DeviceMinor;
}
