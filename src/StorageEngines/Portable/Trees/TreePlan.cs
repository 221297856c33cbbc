namespace StorageEngines.Portable.Trees;

/// <summary>
/// How the names of the base become those of the target. Built from the changes in one pass; memory grows with the names that come, go or move, not
/// with files whose content or metadata changed.
/// </summary>
internal sealed class TreePlan
{
    private const FileChangeKind Structural =
        FileChangeKind.Added | FileChangeKind.Removed | FileChangeKind.Renamed | FileChangeKind.LinkCount | FileChangeKind.Type;

    private readonly Dictionary<BytePath, BytePath> _oldDirectories = [];
    private readonly Dictionary<BytePath, BytePath> _newDirectories = [];
    private readonly HashSet<BytePath> _addedDirectories = [];
    private readonly List<TreeStep> _steps = [];
    private readonly TreeSource _source;
    private LinkPlan _links = LinkPlan.None;

    private TreePlan(TreeSource source) => _source = source;

    /// <summary>Names that are removed or moved away, children before parents.</summary>
    internal IEnumerable<TreeStep> Leaving => _steps.Where(s => s.Removes || (s.Moves && s.Survives)).OrderByDescending(s => s.BasePath!.Value);

    /// <summary>Names that are created or moved to their place, parents before children; not the ones that become links.</summary>
    internal IEnumerable<TreeStep> Coming
        => _steps.Where(s => (s.Creates && !IsLink(s.TargetPath!.Value)) || (s.Moves && s.Survives)).OrderBy(s => s.TargetPath!.Value);

    /// <summary>New names of files that are there by then: new name and existing one.</summary>
    internal IEnumerable<KeyValuePair<BytePath, BytePath>> Links => _links.Names;

    /// <summary>Reads the changes and makes the plan.</summary>
    internal static async Task<TreePlan> MakeAsync(TreeSource source, CancellationToken cancellationToken)
    {
        var plan = new TreePlan(source);
        await foreach (FileChange change in source.ChangesAsync(cancellationToken))
        {
            await plan.NoteAsync(change, cancellationToken);
        }

        await plan.NoteStayersAsync(cancellationToken);

        // Where a kept name is in the base is known only when all moved directories are.
        foreach (TreeStep step in plan._steps.Where(s => s.TargetPath is not null))
        {
            await plan.ResolveAsync(step, cancellationToken);
        }

        plan._links = await LinkPlan.MakeAsync(source, plan._steps, cancellationToken);
        return plan;
    }

    /// <summary>Whether the name is a new one, for which the base has nothing that is kept.</summary>
    internal bool IsCreated(BytePath path) => _links.Created.Contains(path);

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
            _steps.Add(new TreeStep { BasePath = change.Path, BaseType = occupant.Type });
        }

        if (after is null)
        {
            return;
        }

        NoteDirectory(change, added, isDirectory);
        if ((change.Kind & Structural) != 0 || after is not { Type: TreeEntryType.Directory } and not { Type: TreeEntryType.File, LinkCount: <= 1 })
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
        HashSet<BytePath> known = [.. _steps.Where(s => s.TargetPath is not null).Select(s => s.TargetPath!.Value)];
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
