namespace StorageEngines.Portable.Trees;

/// <summary>
/// How the names of the base become those of the target. Built from the changes in one pass. Names that only come or only go are sorted outside of memory;
/// memory grows with what moves, has several names, replaces something else, or is no plain file and changed.
/// </summary>
internal sealed class TreePlan : IDisposable
{
    private const FileChangeKind Structural =
        FileChangeKind.Added | FileChangeKind.Removed | FileChangeKind.Renamed | FileChangeKind.LinkCount | FileChangeKind.Type;

    private readonly Dictionary<BytePath, BytePath> _oldDirectories = [];
    private readonly Dictionary<BytePath, BytePath> _newDirectories = [];
    private readonly PathSet _addedDirectories = new();
    private readonly PathSorter _additions = new(descending: false);
    private readonly PathSorter _removals = new(descending: true);
    private readonly List<TreeStep> _steps = [];
    private readonly TreeSource _source;
    private LinkPlan _links = LinkPlan.None;

    private TreePlan(TreeSource source) => _source = source;

    /// <summary>Names that are removed or moved away, children before parents.</summary>
    internal IEnumerable<TreeStep> Leaving => Merge(
        _removals.Sorted().Select(r => new TreeStep { BasePath = r.Path, BaseType = (TreeEntryType)r.Flags }),
        _steps.Where(s => s.Removes || (s.Moves && s.Survives)).OrderByDescending(s => s.BasePath!.Value),
        (left, right) => right.BasePath!.Value.CompareTo(left.BasePath!.Value));

    /// <summary>Names that are moved away, children before parents.</summary>
    internal IEnumerable<TreeStep> Moving => _steps.Where(s => s.TargetPath is not null && (s.Removes || (s.Moves && s.Survives)));

    /// <summary>Names that are created or moved to their place, parents before children; not the ones that become links.</summary>
    internal IEnumerable<TreeStep> Coming => Merge(
        _additions.Sorted().Select(a => new TreeStep { TargetPath = a.Path, TargetType = (TreeEntryType)a.Flags, IsNew = true }),
        _steps.Where(s => (s.Creates && !IsLink(s.TargetPath!.Value)) || (s.Moves && s.Survives)).OrderBy(s => s.TargetPath!.Value),
        (left, right) => left.TargetPath!.Value.CompareTo(right.TargetPath!.Value));

    /// <summary>New names of files that are there by then: new name and existing one.</summary>
    internal IEnumerable<KeyValuePair<BytePath, BytePath>> Links => _links.Names;

    /// <summary>Reads the changes and makes the plan.</summary>
    internal static async Task<TreePlan> MakeAsync(TreeSource source, CancellationToken cancellationToken)
    {
        var plan = new TreePlan(source);
        try
        {
            await plan.FillAsync(cancellationToken);
            return plan;
        }
        catch
        {
            plan.Dispose();
            throw;
        }
    }

    /// <summary>Whether the change's name is a new one, for which the base has nothing that is kept.</summary>
    internal bool IsCreated(FileChange change) => IsAddition(change) ? !IsLink(change.Path) : IsCreated(change.Path);

    /// <summary>Whether a name is created, though the base has something there or the file has several names.</summary>
    internal bool IsCreated(BytePath path) => _links.Created.Contains(path);

    /// <summary>Whether a change adds a name where the base has nothing.</summary>
    internal static bool IsAddition(FileChange change)
        => change.OldPath is null && (change.Kind & (FileChangeKind.Added | FileChangeKind.Removed)) == FileChangeKind.Added;

    /// <summary>Whether the name is a further name of a file that another name stands for.</summary>
    internal bool IsLink(BytePath path) => _links.Names.ContainsKey(path);

    /// <summary>Where a path of the target is in the base, as far as directories were moved; null below a new directory.</summary>
    internal BytePath? BaseOf(BytePath target)
        => target.IsRoot ? target
            : _oldDirectories.TryGetValue(target, out BytePath old) ? old
            : _addedDirectories.Contains(target) || BaseOf(target.Parent) is not { } parent ? null
            : parent.Append(target.Name);

    /// <summary>Where a file that is in both trees is in the base.</summary>
    internal BytePath OldPathOf(FileChange change) => BasePath(change) ?? BaseOf(change.Path) ?? change.Path;

    /// <summary>Where a directory of the base is in the target, if it still is.</summary>
    internal BytePath TargetOf(BytePath directory)
        => directory.IsRoot ? directory
            : _newDirectories.TryGetValue(directory, out BytePath moved) ? moved
            : TargetOf(directory.Parent).Append(directory.Name);

    /// <inheritdoc/>
    public void Dispose()
    {
        _additions.Dispose();
        _removals.Dispose();
    }

    private async Task FillAsync(CancellationToken cancellationToken)
    {
        await foreach (FileChange change in _source.ChangesAsync(cancellationToken))
        {
            await NoteAsync(change, cancellationToken);
        }

        await NoteStayersAsync(cancellationToken);

        // Where a kept name is in the base is known only when all moved directories are.
        foreach (TreeStep step in _steps)
        {
            await ResolveAsync(step, cancellationToken);
        }

        _links = await LinkPlan.MakeAsync(_source, _steps, cancellationToken);
    }

    private static IEnumerable<TreeStep> Merge(IEnumerable<TreeStep> one, IEnumerable<TreeStep> other, Comparison<TreeStep> compare)
    {
        using IEnumerator<TreeStep> left = one.GetEnumerator();
        using IEnumerator<TreeStep> right = other.GetEnumerator();
        bool hasLeft = left.MoveNext();
        bool hasRight = right.MoveNext();
        while (hasLeft || hasRight)
        {
            bool takeLeft = hasLeft && (!hasRight || compare(left.Current, right.Current) <= 0);
            yield return takeLeft ? left.Current : right.Current;
            (hasLeft, hasRight) = takeLeft ? (left.MoveNext(), hasRight) : (hasLeft, right.MoveNext());
        }
    }

    private async ValueTask NoteAsync(FileChange change, CancellationToken cancellationToken)
    {
        bool renamed = change.OldPath is not null;
        bool added = change.Kind.HasFlag(FileChangeKind.Added) && !renamed;
        TreeEntry? occupant = change.Kind.HasFlag(FileChangeKind.Removed) ? await _source.BaseEntryAsync(change, change.Path, cancellationToken) : null;
        TreeEntry? after = TreeSource.IsGone(change) ? null : await _source.TargetEntryAsync(change, cancellationToken);
        bool isDirectory = after?.Type == TreeEntryType.Directory;
        if (added && isDirectory && occupant?.Type == TreeEntryType.Directory)
        {
            return; // another directory under the same name: the old one can be kept and made like it
        }

        if (occupant is not null && (after is null || renamed))
        {
            _removals.Add(change.Path, (byte)occupant.Type);
        }

        if (after is null)
        {
            return;
        }

        NoteDirectory(change, added, isDirectory);
        if (IsAddition(change) && (isDirectory || after.LinkCount <= 1))
        {
            _additions.Add(after.Path, (byte)after.Type);
        }
        else if ((change.Kind & Structural) != 0 || after is not { Type: TreeEntryType.Directory } and not { Type: TreeEntryType.File, LinkCount: <= 1 })
        {
            _steps.Add(Step(change, added, occupant, after));
        }
    }

    /// <summary>
    /// A name can stay while the directory above it is another one: a moved away, a new a, and a/x moved into it. Then it is not called renamed, but
    /// has to be moved nevertheless.
    /// </summary>
    private async Task NoteStayersAsync(CancellationToken cancellationToken)
    {
        if (_addedDirectories.Count == 0 && _oldDirectories.Count == 0)
        {
            return;
        }

        List<FileChange> stayers = [];
        HashSet<BytePath> known = [.. _steps.Select(s => s.TargetPath!.Value)];
        await foreach (FileChange change in _source.ChangesAsync(cancellationToken))
        {
            if (change.OldPath is null && change.BaseEntry is { } before && before.Path == change.Path && !TreeSource.IsGone(change)
                && !change.Kind.HasFlag(FileChangeKind.Added) && !known.Contains(change.Path) && BaseOf(change.Path) != change.Path)
            {
                stayers.Add(new FileChange(change.Kind, change.Path) { OldPath = change.Path, TargetEntry = await _source.TargetEntryAsync(change, cancellationToken) });
            }
        }

        foreach (FileChange change in stayers.OrderBy(c => c.Path))
        {
            NoteDirectory(change, false, change.TargetEntry!.Type == TreeEntryType.Directory);
            _steps.Add(Step(change, false, null, change.TargetEntry));
        }
    }

    private void NoteDirectory(FileChange change, bool added, bool isDirectory)
    {
        if (isDirectory && added)
        {
            _addedDirectories.Add(change.Path);
        }
        else if (isDirectory && change.OldPath is { } old)
        {
            _oldDirectories[change.Path] = old;
            _newDirectories[old] = change.Path;
        }
    }

    private static TreeStep Step(FileChange change, bool added, TreeEntry? occupant, TreeEntry after) => new()
    {
        TargetPath = after.Path,
        TargetType = after.Type,
        TargetFileId = after.FileId,
        TargetLinks = after.LinkCount,
        BasePath = added ? occupant?.Path : BasePath(change),
        BaseType = added && occupant is not null ? occupant.Type : 0,
        BaseFileId = added && occupant is not null ? occupant.FileId : 0,
        Recreate = added && occupant is not null,
        IsNew = added && occupant is null,
    };

    /// <summary>Where the engine says that it was; null if it does not say.</summary>
    private static BytePath? BasePath(FileChange change) => change.OldPath ?? change.BaseEntry?.Path;

    private async ValueTask ResolveAsync(TreeStep step, CancellationToken cancellationToken)
    {
        if (step.IsNew || step.Recreate)
        {
            return;
        }

        BytePath target = step.TargetPath!.Value;
        BytePath? along = BaseOf(target.Parent)?.Append(target.Name);
        step.BasePath ??= along ?? target;
        step.Moves = along != step.BasePath;
        if (step.IsTargetDirectory)
        {
            return;
        }

        TreeEntry? before = await _source.BaseEntryAsync(step.BasePath.Value, cancellationToken);
        TreeEntry? after = await _source.TargetEntryAsync(target, cancellationToken);
        if (before is null || after is null)
        {
            step.BasePath = before is null ? null : step.BasePath;
            step.IsNew = before is null;
            return;
        }

        step.BaseType = before.Type;
        step.BaseFileId = before.FileId;
        step.Recreate = before.Type != after.Type || before.DeviceMajor != after.DeviceMajor || before.DeviceMinor != after.DeviceMinor
            || !before.LinkTarget.Span.SequenceEqual(after.LinkTarget.Span);
    }
}
