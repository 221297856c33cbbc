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
        foreach (FileChange change in _changes)
        {
            AssertSensible(change, exact);
        }

        SortedDictionary<BytePath, TreeNode> tree = MoveAndRemove();
        foreach (FileChange change in _changes.Where(change => !IsGone(change)))
        {
            tree[change.Path] = await RewrittenAsync(change, tree.GetValueOrDefault(change.Path));
        }

        AssertSameTree(tree);
    }

    /// <summary>Whether nothing is under the path any more. Removed together with Added or Renamed means that something else is.</summary>
    private static bool IsGone(FileChange change)
        => change.Kind.HasFlag(FileChangeKind.Removed) && !change.Kind.HasFlag(FileChangeKind.Added) && change.OldPath is null;

    private void AssertSensible(FileChange change, bool exact)
    {
        string said = $"{change.Kind} '{change.Path}'{(change.OldPath is { } old ? $" from '{old}'" : "")}";
        Assert.True(change.Kind != FileChangeKind.None, $"A change of nothing was listed: '{change.Path}'.");
        Assert.Equal(change.Kind.HasFlag(FileChangeKind.Renamed), change.OldPath is not null);
        bool inBase = _base.Nodes.ContainsKey(change.OldPath ?? change.Path);
        bool inTarget = _target.Nodes.ContainsKey(change.Path);
        Assert.True(inTarget || IsGone(change), $"{said}: the target has no such path.");
        Assert.True(inBase || (change.Kind.HasFlag(FileChangeKind.Added) && change.OldPath is null), $"{said}: the base has no such path.");
        Assert.True(!IsGone(change) || !inTarget || IsMovedOver(change.Path), $"{said}: the target still has it.");
        if (exact && inBase && inTarget && !IsGone(change) && !change.Kind.HasFlag(FileChangeKind.Added) && !change.Kind.HasFlag(FileChangeKind.Renamed))
        {
            FileChangeKind differs = _base.Nodes[change.Path].DifferenceFrom(_target.Nodes[change.Path]);
            Assert.True(differs != FileChangeKind.None, $"{said}: nothing about it differs, and the engine promises to be exact.");
        }
    }

    /// <summary>Whether another change puts something under a path that was removed.</summary>
    private bool IsMovedOver(BytePath path)
        => _changes.Any(change => (change.OldPath is not null && path.IsAtOrBelow(change.Path)) || (change.Path == path && !IsGone(change)));

    private SortedDictionary<BytePath, TreeNode> MoveAndRemove()
    {
        foreach (FileChange change in _changes.Where(change => change.OldPath is not null))
        {
            Assert.True(_renames.TryAdd(change.OldPath!.Value, change.Path), $"'{change.OldPath}' was renamed twice.");
        }

        HashSet<BytePath> replaced = [.. _renames.Values];
        HashSet<BytePath> gone = [.. _changes.Where(change => change.Kind.HasFlag(FileChangeKind.Removed)).Select(change => change.Path)];
        var tree = new SortedDictionary<BytePath, TreeNode>();
        foreach ((BytePath path, TreeNode node) in _base.Nodes)
        {
            BytePath moved = Moved(path);
            if (_renames.ContainsKey(path) || (!gone.Contains(path) && !(moved == path && replaced.Contains(path))))
            {
                Assert.True(tree.TryAdd(moved, node), $"Two paths of the base end up under '{moved}'; one of them is '{path}', and nothing says that it was removed.");
            }
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
