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

    /// <summary>Where a directory of the base is in the target, if it still is.</summary>
    internal BytePath TargetOf(BytePath directory)
        => directory.IsRoot ? directory
            : _newDirectories.TryGetValue(directory, out BytePath moved) ? moved
            : TargetOf(directory.Parent).Append(directory.Name);

    private async ValueTask NoteAsync(FileChange change, CancellationToken cancellationToken)
    {
        bool added = change.Kind.HasFlag(FileChangeKind.Added);
        bool removed = change.Kind.HasFlag(FileChangeKind.Removed);
        TreeEntry? before = removed ? await _source.BaseEntryAsync(change, change.Path, cancellationToken) : null;
        TreeEntry? after = removed && !added ? null : await _source.TargetEntryAsync(change, cancellationToken);
        bool isDirectory = after?.Type == TreeEntryType.Directory;
        if (isDirectory && before?.Type == TreeEntryType.Directory)
        {
            return; // another directory under the same name: the old one can be kept and made like it
        }

        if ((change.Kind & Structural) == 0 && after is { Type: TreeEntryType.Directory } or { Type: TreeEntryType.File, LinkCount: <= 1 })
        {
            return;
        }

        if (isDirectory && added)
        {
            _addedDirectories.Add(change.Path);
        }
        else if (isDirectory && change.OldPath is { } old)
        {
            _oldDirectories[change.Path] = old;
            _newDirectories[old] = change.Path;
        }

        _steps.Add(new TreeStep
        {
            TargetPath = after?.Path,
            TargetType = after?.Type ?? 0,
            TargetFileId = after?.FileId ?? 0,
            TargetLinks = after?.LinkCount ?? 0,
            BasePath = removed ? change.Path : change.OldPath,
            BaseType = before?.Type ?? 0,
            BaseFileId = before?.FileId ?? 0,
            Recreate = added && removed,
            IsNew = added && !removed,
        });
    }

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
