using StorageEngines.TarRsync.Manifests;

namespace StorageEngines.TarRsync.Reading;

/// <summary>
/// The differences of two manifests: first those that the merge sees, then the names that went and came, as renames where they are. What lies below a
/// renamed directory and did not change besides is not listed again.
/// </summary>
internal sealed class TreeDifference(BytePath under, int maxExtents, long renameBudgetBytes)
{
    private const int CancelEvery = 4096;

    private readonly RenameCandidates _candidates = new(renameBudgetBytes);
    private readonly Dictionary<BytePath, BytePath> _directories = [];
    private readonly HashSet<BytePath> _movedDirectories = [];

    // The directory above the current path that is another one than in the base: what is below it may have come from elsewhere.
    private BytePath? _swapped;

    /// <summary>All changes between two manifests.</summary>
    internal IEnumerable<FileChange> Changes(ManifestReader before, ManifestReader after, CancellationToken cancellationToken)
    {
        var merge = new ManifestMerge(before, after);
        for (long count = 0; merge.MoveNext(); count++)
        {
            if (count % CancelEvery == 0)
                cancellationToken.ThrowIfCancellationRequested();
            FileChange? change = !merge.InAfter ? LookAtGone(in merge.Before) : !merge.InBefore ? LookAtCame(in merge.After) : LookAtBoth(in merge.Before, in merge.After);
            if (change is not null)
                yield return change;
        }
        foreach (FileChange change in Late())
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return change;
        }
    }

    /// <summary>What is known only when all paths were taken: renames, and what came and went besides.</summary>
    internal IEnumerable<FileChange> Late() => LateChanges().Where(IsAskedFor);

    /// <summary>Takes a path that only the base has; what is known at once is returned, if it was asked for.</summary>
    internal FileChange? LookAtGone(in ManifestEntry old) => _candidates.TryAddGone(in old) ? null : Asked(Removed(in old));

    /// <summary>Takes a path that only the target has.</summary>
    internal FileChange? LookAtCame(in ManifestEntry now) => _candidates.TryAddCame(in now) ? null : Asked(Added(in now));

    /// <summary>Whether a path is below a directory that is another one than in the base, so that every name below it matters, also an unchanged one.</summary>
    internal bool IsBelowSwapped(ReadOnlyMemory<byte> path) => _swapped is { } top && new BytePath(path).IsAtOrBelow(top);

    /// <summary>Takes a path that both have.</summary>
    internal FileChange? LookAtBoth(in ManifestEntry old, in ManifestEntry now)
    {
        var path = new BytePath(now.Path);
        if (_swapped is { } top && !path.IsAtOrBelow(top))
            _swapped = null;
        bool same = EntryComparison.IsSameFile(in old, in now);
        if (old.Path.IsEmpty || (same && _swapped is null))
            return Asked(SamePath(in old, in now));
        if (!_candidates.HasRoomFor(in old, in now))
            return Asked(_swapped is null ? SamePath(in old, in now) : Rewritten(in old, in now));
        if (!same && old.Type == TreeEntryType.Directory)
            _swapped ??= PathOf(in now);
        _candidates.TryAddGone(in old);
        _candidates.TryAddCame(in now);
        return null;
    }

    private IEnumerable<FileChange> LateChanges()
    {
        _candidates.Match();
        for (int i = 0; i < _candidates.CountCame; i++)
        {
            if (RenamedFrom(i) is { } change)
                yield return change;
        }
        for (int i = 0; i < _candidates.CountCame; i++)
        {
            if (Fresh(i) is { } change)
                yield return change;
        }
        foreach (int gone in _candidates.Gone())
            yield return Removed(in _candidates.Gone(gone));
    }

    private FileChange? RenamedFrom(int number)
    {
        if (!_candidates.TryGetOld(number, out ManifestEntry was))
            return null;
        bool over = _candidates.TryTakeOver(number, out ManifestEntry gone);
        return Renamed(in was, in _candidates.Came(number), over ? gone : null);
    }

    private FileChange? Fresh(int number)
    {
        if (_candidates.TryGetOld(number, out _))
            return null;
        ref readonly ManifestEntry came = ref _candidates.Came(number);
        return _candidates.TryTakeOver(number, out ManifestEntry gone) ? Replaced(in gone, in came) : Added(in came);
    }

    // The same path on both sides: the file was replaced, as programs do that save by renaming over the old one, or a directory above it was.
    private FileChange? Replaced(in ManifestEntry gone, in ManifestEntry now)
    {
        if (!MovedAway(new BytePath(now.Path)))
            return SamePath(in gone, in now);
        return EntryComparison.IsRename(in gone, in now) ? Renamed(in gone, in now, null) : Rewritten(in gone, in now);
    }

    private FileChange? SamePath(in ManifestEntry old, in ManifestEntry now)
    {
        if (EntryComparison.TypeDiffers(in old, in now))
            return Rewritten(in old, in now);
        FileChangeKind kind = EntryComparison.Compare(in old, in now);
        return kind == FileChangeKind.None ? null : Changed(kind, in old, in now);
    }

    private FileChange? Renamed(in ManifestEntry old, in ManifestEntry now, ManifestEntry? over)
    {
        FileChangeKind kind = EntryComparison.Compare(in old, in now, renamed: true) | FileChangeKind.Renamed | (over is { } gone ? RemovedBy(in gone, in now) : 0);
        FileChange change = Changed(kind, in old, in now) with { OldPath = new BytePath(old.Path) };
        if (now.Type == TreeEntryType.Directory)
        {
            _directories[change.Path] = change.OldPath!.Value;
            _movedDirectories.Add(change.OldPath!.Value);
        }
        return kind == FileChangeKind.Renamed && MovesWithItsDirectory(change) ? null : change;
    }

    private bool MovesWithItsDirectory(FileChange change)
    {
        BytePath old = change.OldPath!.Value;
        return change.Path.Name == old.Name
            && !change.Path.Parent.IsRoot
            && _directories.TryGetValue(change.Path.Parent, out BytePath oldParent)
            && oldParent == old.Parent
            && (change.Path.Parent.IsAtOrBelow(under) || oldParent.IsAtOrBelow(under));
    }

    // What was below a directory that was renamed went with it; if the same path is there again, it was brought back or made anew.
    private bool MovedAway(BytePath path)
    {
        for (BytePath above = path; !above.IsRoot;)
        {
            above = above.Parent;
            if (_movedDirectories.Contains(above))
                return true;
        }
        return false;
    }

    private FileChange Rewritten(in ManifestEntry old, in ManifestEntry now)
        => Added(in now) with { Kind = FileChangeKind.Added | RemovedBy(in old, in now), BaseEntry = old.ToTreeEntry() };

    private static FileChangeKind RemovedBy(in ManifestEntry old, in ManifestEntry now)
        => FileChangeKind.Removed | (EntryComparison.TypeDiffers(in old, in now) ? FileChangeKind.Type : FileChangeKind.None);

    private FileChange Changed(FileChangeKind kind, in ManifestEntry old, in ManifestEntry now) => new(kind, PathOf(in now))
    {
        Extents = (kind & FileChangeKind.Content) != 0 ? EntryComparison.Extents(in old, in now, maxExtents) : null,
        BaseEntry = old.ToTreeEntry(),
        TargetEntry = now.ToTreeEntry(),
    };

    private FileChange Added(in ManifestEntry now) => new(FileChangeKind.Added, PathOf(in now))
    {
        Extents = EntryComparison.Extents(default, in now, maxExtents),
        TargetEntry = now.ToTreeEntry(),
    };

    private static FileChange Removed(in ManifestEntry old) => new(FileChangeKind.Removed, PathOf(in old)) { BaseEntry = old.ToTreeEntry() };

    private FileChange? Asked(FileChange? change) => change is not null && IsAskedFor(change) ? change : null;

    private bool IsAskedFor(FileChange change) => change.Path.IsAtOrBelow(under) || (change.OldPath is { } old && old.IsAtOrBelow(under));

    private static BytePath PathOf(in ManifestEntry entry) => new(entry.Path.ToArray());
}
