namespace StorageEngines.Portable.Trees;

/// <summary>Which new names are hard links of which files, and which files have to be made anew because their names were parted or joined.</summary>
internal sealed class LinkPlan
{
    private readonly Dictionary<ulong, (BytePath Path, ulong BaseId)> _kept = [];

    /// <summary>A plan without anything.</summary>
    internal static LinkPlan None { get; } = new();

    /// <summary>New names and the existing names they are linked to.</summary>
    internal Dictionary<BytePath, BytePath> Names { get; } = [];

    /// <summary>Names that are created, not linked.</summary>
    internal HashSet<BytePath> Created { get; } = [];

    /// <summary>Makes the plan; marks steps that have to be recreated.</summary>
    internal static async Task<LinkPlan> MakeAsync(TreeSource source, List<TreeStep> steps, CancellationToken cancellationToken)
    {
        var plan = new LinkPlan();
        plan.Keep(steps);
        List<TreeStep> coming = [.. steps.Where(s => s.Creates).OrderBy(s => s.TargetPath!.Value)];
        await plan.FindUnlistedAsync(source, steps, coming, cancellationToken);
        foreach (TreeStep step in coming)
        {
            BytePath path = step.TargetPath!.Value;
            bool shared = step is { IsTargetDirectory: false, TargetFileId: not 0, TargetLinks: > 1 };
            if (shared && plan._kept.TryGetValue(step.TargetFileId, out (BytePath Path, ulong) existing))
            {
                plan.Names.Add(path, existing.Path);
                continue;
            }

            plan.Created.Add(path);
            if (shared)
            {
                plan._kept.Add(step.TargetFileId, (path, 0));
            }
        }

        return plan;
    }

    /// <summary>Names of one file in the base must be names of one file in the target, and the other way round; else they are made anew.</summary>
    private void Keep(List<TreeStep> steps)
    {
        Dictionary<ulong, ulong> targets = [];
        foreach (TreeStep step in steps.Where(s => s is { Survives: true, IsTargetDirectory: false, TargetFileId: not 0, BaseFileId: not 0 }))
        {
            bool parted = !targets.TryAdd(step.BaseFileId, step.TargetFileId) && targets[step.BaseFileId] != step.TargetFileId;
            bool joined = !parted && !_kept.TryAdd(step.TargetFileId, (step.TargetPath!.Value, step.BaseFileId))
                && _kept[step.TargetFileId].BaseId != step.BaseFileId;
            step.Recreate = parted || joined;
        }
    }

    /// <summary>A file can get a name and lose another, so that nothing else of it changes and the engine does not list the names it kept.</summary>
    private async Task FindUnlistedAsync(TreeSource source, List<TreeStep> steps, List<TreeStep> coming, CancellationToken cancellationToken)
    {
        HashSet<ulong> wanted = [.. coming
            .Where(s => s is { IsTargetDirectory: false, TargetFileId: not 0, TargetLinks: > 1 } && !_kept.ContainsKey(s.TargetFileId))
            .GroupBy(s => s.TargetFileId).Where(g => g.Count() < g.First().TargetLinks).Select(g => g.Key)];
        if (wanted.Count == 0)
        {
            return;
        }

        HashSet<BytePath> listed = [.. steps.Where(s => s.TargetPath is not null).Select(s => s.TargetPath!.Value)];
        await foreach (TreeEntry entry in source.ListAsync(default, cancellationToken))
        {
            if (entry.Type != TreeEntryType.Directory && wanted.Contains(entry.FileId) && !listed.Contains(entry.Path))
            {
                _kept.TryAdd(entry.FileId, (entry.Path, 0));
            }
        }
    }
}
