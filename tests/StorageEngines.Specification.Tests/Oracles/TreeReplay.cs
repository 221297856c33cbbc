namespace StorageEngines.Specification;

/// <summary>Applies a file difference to a base's image, whatever the order of the changes: the result has to be the target's image.</summary>
public sealed class TreeReplay
{
    private readonly TreeImage _base;
    private readonly TreeImage _target;
    private readonly IReadOnlyList<FileChange> _changes;
    private readonly Func<FileChange, Task<IReadOnlyList<Extent>>> _askForExtents;
    private readonly Dictionary<BytePath, BytePath> _renames = [];

    /// <summary>Makes a replay.</summary>
    /// <param name="baseImage">The base.</param>
    /// <param name="targetImage">The target: where data and attributes are taken from, as an apply would.</param>
    /// <param name="changes">The difference.</param>
    /// <param name="askForExtents">Asks the block map about a file whose extents did not come with its change.</param>
    public TreeReplay(
        TreeImage baseImage, TreeImage targetImage, IReadOnlyList<FileChange> changes, Func<FileChange, Task<IReadOnlyList<Extent>>> askForExtents)
    {
        _base = baseImage;
        _target = targetImage;
        _changes = changes;
        _askForExtents = askForExtents;
    }

    /// <summary>Asserts law 23: the difference replayed on the base is the target, and nothing unchanged was listed if it is to be exact.</summary>
    /// <param name="exact">Whether the engine promises to list only what differs.</param>
    /// <returns>A task that ends when it is asserted.</returns>
    public async Task AssertRebuildsAsync(bool exact)
    {
        HashSet<BytePath> listed = [];
        foreach (FileChange change in _changes)
        {
            Assert.True(listed.Add(change.Path), $"'{change.Path}' was listed twice.");
            AssertSensible(change, exact);
        }

        SortedDictionary<BytePath, TreeNode> tree = MoveAndRemove();
        foreach (FileChange change in _changes.Where(change => change.Kind != FileChangeKind.Removed))
        {
            tree[change.Path] = await RewrittenAsync(change, tree.GetValueOrDefault(change.Path));
        }

        AssertSameTree(tree);
    }

    private static string Said(FileChange change) => $"{change.Kind} '{change.Path}'{(change.OldPath is { } old ? $" from '{old}'" : "")}";

    private static bool Is(FileChange change, FileChangeKind kind) => change.Kind.HasFlag(kind);

    /// <summary>Holds the kinds against the table in <see cref="FileChangeKind"/>, and against the two trees.</summary>
    private void AssertSensible(FileChange change, bool exact)
    {
        const FileChangeKind Compared = FileChangeKind.Content | FileChangeKind.Metadata | FileChangeKind.LinkCount;
        string said = Said(change);
        Assert.True(change.Kind != FileChangeKind.None, $"A change of nothing was listed: '{change.Path}'.");
        bool added = Is(change, FileChangeKind.Added), renamed = Is(change, FileChangeKind.Renamed), removed = Is(change, FileChangeKind.Removed);
        Assert.True(renamed == change.OldPath is not null, $"{said}: an old path goes with Renamed.");
        Assert.True(!added || (!renamed && (change.Kind & Compared) == 0), $"{said}: what is added was nowhere in the base, and has nothing to differ from.");
        Assert.True(!removed || added || renamed || change.Kind == FileChangeKind.Removed, $"{said}: something is there and gone.");
        TreeNode? over = _base.Nodes.GetValueOrDefault(change.Path), now = _target.Nodes.GetValueOrDefault(change.Path);
        Assert.True(now is null == (change.Kind == FileChangeKind.Removed), $"{said}: the target {(now is null ? "has no such path" : "still has it")}.");
        Assert.True(over is not null || (!removed && (added || renamed)), $"{said}: the base has no such path.");
        Assert.True(!renamed || _base.Nodes.ContainsKey(change.OldPath!.Value), $"{said}: the base has no '{change.OldPath}'.");
        bool otherType = now is not null && over is not null && removed && TypeDiffers(over.Entry, now.Entry);
        Assert.True(Is(change, FileChangeKind.Type) == otherType, $"{said}: Type goes with Removed if what is gone was of another type, and only then.");
        AssertEntry(change, change.BaseEntry, renamed ? change.OldPath!.Value : change.Path);
        AssertEntry(change, change.TargetEntry, change.Path);
        if (exact && !added && now is not null)
        {
            FileChangeKind differs = _base.Nodes[change.OldPath ?? change.Path].DifferenceFrom(now);
            Assert.True((change.Kind & Compared) == differs, $"{said}: {differs} differ, and the engine promises to be exact.");
        }
    }

    private static void AssertEntry(FileChange change, TreeEntry? entry, BytePath path)
        => Assert.True(entry is null || entry.Path == path, $"{Said(change)}: it comes with the entry of '{entry?.Path}' for that of '{path}'.");

    private static bool TypeDiffers(TreeEntry a, TreeEntry b) => a.Type != b.Type || a.DeviceMajor != b.DeviceMajor || a.DeviceMinor != b.DeviceMinor;

    private SortedDictionary<BytePath, TreeNode> MoveAndRemove()
    {
        foreach (FileChange change in _changes.Where(change => change.OldPath is not null))
        {
            Assert.True(_renames.TryAdd(change.OldPath!.Value, change.Path), $"'{change.OldPath}' was renamed twice.");
        }

        HashSet<BytePath> gone = [.. _changes.Where(change => Is(change, FileChangeKind.Removed)).Select(change => change.Path)];
        HashSet<BytePath> added = [.. _changes.Where(change => Is(change, FileChangeKind.Added)).Select(change => change.Path)];
        var tree = new SortedDictionary<BytePath, TreeNode>();
        foreach ((BytePath path, TreeNode node) in _base.Nodes)
        {
            if (gone.Contains(path))
            {
                Assert.False(_renames.ContainsKey(path), $"'{path}' was removed and renamed to '{_renames.GetValueOrDefault(path)}'.");
                continue;
            }

            BytePath moved = Moved(path);
            Assert.True(!added.Contains(moved) && tree.TryAdd(moved, node), $"Something else is under '{moved}', and nothing says that '{path}' of the base was removed.");
        }

        return tree;
    }

    /// <summary>Where a path of the base is in the target: by its own rename, or by that of the nearest directory above it.</summary>
    private BytePath Moved(BytePath path)
    {
        for (BytePath above = path; !above.IsRoot; above = above.Parent)
        {
            if (_renames.TryGetValue(above, out BytePath renamed))
            {
                return above == path ? renamed : renamed.Append(new BytePath(path.Bytes[(above.Length + 1)..]));
            }
        }

        return path;
    }

    private async Task<TreeNode> RewrittenAsync(FileChange change, TreeNode? old)
    {
        TreeNode target = _target.Nodes[change.Path];
        bool added = change.Kind.HasFlag(FileChangeKind.Added);
        Assert.True(added || old is not null, $"{change.Kind} '{change.Path}': the base has nothing that could have changed.");
        bool newContent = added || change.Kind.HasFlag(FileChangeKind.Content);
        TreeEntry entry = added || change.Kind.HasFlag(FileChangeKind.Metadata) ? target.Entry : old!.Entry with { Path = change.Path };
        entry = entry with
        {
            SizeBytes = newContent ? target.Entry.SizeBytes : entry.SizeBytes,
            LinkTarget = newContent ? target.Entry.LinkTarget : entry.LinkTarget,
            LinkCount = added || change.Kind.HasFlag(FileChangeKind.LinkCount) ? target.Entry.LinkCount : entry.LinkCount,
        };
        if (!newContent || target.Entry.Type != TreeEntryType.File)
        {
            return new TreeNode(entry, newContent ? [] : old!.Content);
        }

        IReadOnlyList<Extent> extents = change.Extents ?? await _askForExtents(change);
        byte[] content = ExtentOracle.Apply(added ? [] : old!.Content, target.Content, extents);
        return new TreeNode(entry, content);
    }

    private void AssertSameTree(SortedDictionary<BytePath, TreeNode> tree)
    {
        string listed = string.Join("\n", _changes.Take(60).Select(change => $"  {change.Kind} '{change.Path}' {change.OldPath} {string.Join(' ', change.Extents ?? [])}"));
        foreach ((BytePath path, TreeNode expected) in _target.Nodes)
        {
            Assert.True(tree.TryGetValue(path, out TreeNode? actual), $"'{path}' is in the target, and neither base nor difference give it. Listed:\n{listed}");
            FileChangeKind differs = actual.DifferenceFrom(expected);
            Assert.True(differs == FileChangeKind.None, $"'{path}': {differs} differ after the replay; the base had {_base.Nodes.GetValueOrDefault(path)?.Entry}, the target has {expected.Entry}. Listed:\n{listed}");
        }

        foreach (BytePath path in tree.Keys)
        {
            Assert.True(_target.Nodes.ContainsKey(path), $"'{path}' is not in the target, and nothing says that it was removed. Listed:\n{listed}");
        }
    }
}
