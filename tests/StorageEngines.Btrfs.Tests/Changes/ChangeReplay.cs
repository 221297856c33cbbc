namespace StorageEngines.Btrfs.Tests.Changes;

/// <summary>
/// Does the changes to the base, as the contract says they are meant: the result has to be the target. Nothing of it is derived from a stream. The same as the
/// oracle of the specification library, on manifests.
/// </summary>
internal sealed class ChangeReplay(TruthTree truth, IReadOnlyList<FileChange> changes)
{
    private const FileChangeKind Compared = FileChangeKind.Content | FileChangeKind.Metadata | FileChangeKind.LinkCount;

    private readonly Dictionary<BytePath, BytePath> _renames = [];

    internal void AssertRebuilds()
    {
        HashSet<BytePath> listed = [];
        foreach (FileChange change in changes)
        {
            Assert.True(listed.Add(change.Path), $"'{change.Path}' is listed twice.{Listed()}");
            AssertSensible(change);
        }

        SortedDictionary<BytePath, TruthNode> tree = MoveAndRemove();
        foreach (FileChange change in changes.Where(change => change.Kind != FileChangeKind.Removed))
        {
            tree[change.Path] = Rewritten(change, tree.GetValueOrDefault(change.Path));
        }

        Assert.True(
            tree.Keys.SequenceEqual(truth.After.Keys),
            $"Too many: {string.Join(' ', tree.Keys.Except(truth.After.Keys))}; too few: {string.Join(' ', truth.After.Keys.Except(tree.Keys))}.{Listed()}");
        foreach ((BytePath path, TruthNode expected) in truth.After)
        {
            FileChangeKind differs = tree[path].DifferenceFrom(expected);
            Assert.True(differs == 0 && tree[path].Known.Type == expected.Known.Type, $"'{path}': {differs} differ.{Listed()}");
        }
    }

    private static string Said(FileChange change) => $"{change.Kind} '{change.Path}'{(change.OldPath is { } old ? $" from '{old}'" : "")} {string.Join(' ', change.Extents ?? [])}";

    private string Listed() => $"\nListed:\n  {string.Join("\n  ", changes.Select(Said))}";

    private void AssertSensible(FileChange change)
    {
        string said = Said(change);
        bool added = Is(change, FileChangeKind.Added), renamed = Is(change, FileChangeKind.Renamed), removed = Is(change, FileChangeKind.Removed);
        Assert.True(change.Kind != 0 && renamed == change.OldPath is not null, said);
        Assert.True(!added || (!renamed && (change.Kind & Compared) == 0), said);
        Assert.True(!removed || added || renamed || change.Kind == FileChangeKind.Removed, said);
        TruthNode? over = truth.Before.GetValueOrDefault(change.Path), now = truth.After.GetValueOrDefault(change.Path);
        Assert.True(now is null == (change.Kind == FileChangeKind.Removed), $"{said}: the target {(now is null ? "has no such path" : "has it")}");
        Assert.True(over is not null || (!removed && (added || renamed)), $"{said}: the base has no such path");
        bool otherType = now is not null && over is not null && removed && now.Known.Type != over.Known.Type;
        Assert.True(Is(change, FileChangeKind.Type) == otherType, $"{said}: Type");
        AssertExtents(change, now);
        if (!added && now is not null)
        {
            TruthNode? before = truth.Before.GetValueOrDefault(change.OldPath ?? change.Path);
            Assert.True(before is not null, $"{said}: the base has no '{change.OldPath}'");
            FileChangeKind differs = before.DifferenceFrom(now), told = change.Kind & Compared;

            // Bytes may have been rewritten as they were; and the kernel sets security.capability again where the file was written to.
            Assert.True((told & ~(FileChangeKind.Content | FileChangeKind.Metadata)) == (differs & FileChangeKind.LinkCount) && (differs & ~told) == 0, $"{said}: {differs} differ");
            Assert.True(Is(change, FileChangeKind.Metadata) == ((differs & FileChangeKind.Metadata) != 0) || now.Xattrs.Length > 0, $"{said}: {differs} differ");
        }
    }

    private static void AssertExtents(FileChange change, TruthNode? now)
    {
        bool mayHave = now?.Known.Type == TreeEntryType.File && (Is(change, FileChangeKind.Content) || Is(change, FileChangeKind.Added));
        Assert.True(mayHave == change.Extents is not null, $"{Said(change)}: extents go with new content of a file");
        long end = 0;
        ExtentState? state = null;
        foreach (Extent extent in change.Extents ?? [])
        {
            Assert.True(extent.Offset > end || (extent.Offset == end && extent.State != state), $"{Said(change)}: not ascending, or not joined");
            (end, state) = (extent.End, extent.State);
        }

        Assert.True(end <= (now?.Known.SizeBytes ?? 0), $"{Said(change)}: beyond the end {now?.Known.SizeBytes}");
    }

    private static bool Is(FileChange change, FileChangeKind kind) => (change.Kind & kind) != 0;

    private SortedDictionary<BytePath, TruthNode> MoveAndRemove()
    {
        foreach (FileChange change in changes.Where(change => change.OldPath is not null))
        {
            Assert.True(_renames.TryAdd(change.OldPath!.Value, change.Path), $"'{change.OldPath}' was renamed twice.{Listed()}");
        }

        HashSet<BytePath> gone = [.. changes.Where(change => Is(change, FileChangeKind.Removed)).Select(change => change.Path)];
        HashSet<BytePath> added = [.. changes.Where(change => Is(change, FileChangeKind.Added)).Select(change => change.Path)];
        SortedDictionary<BytePath, TruthNode> tree = [];
        foreach ((BytePath path, TruthNode node) in truth.Before)
        {
            if (gone.Contains(path))
            {
                Assert.False(_renames.ContainsKey(path), $"'{path}' was removed and renamed to '{_renames.GetValueOrDefault(path)}'.{Listed()}");
                continue;
            }

            BytePath moved = Moved(path);
            Assert.True(!added.Contains(moved) && tree.TryAdd(moved, node), $"Something else is under '{moved}', and nothing says that '{path}' is gone.{Listed()}");
        }

        return tree;
    }

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

    private TruthNode Rewritten(FileChange change, TruthNode? old)
    {
        TruthNode target = truth.After[change.Path];
        if (Is(change, FileChangeKind.Added))
        {
            return target;
        }

        Assert.True(old is not null, $"{Said(change)}: there is nothing that could have changed.{Listed()}");
        TruthNode node = Is(change, FileChangeKind.Content) ? old with { Content = target.Content, Known = old.Known with { SizeBytes = target.Known.SizeBytes } } : old;
        node = Is(change, FileChangeKind.LinkCount) ? node with { Known = node.Known with { Links = target.Known.Links } } : node;
        return Is(change, FileChangeKind.Metadata)
            ? node with { Xattrs = target.Xattrs, Known = target.Known with { SizeBytes = node.Known.SizeBytes, Links = node.Known.Links } }
            : node;
    }
}
