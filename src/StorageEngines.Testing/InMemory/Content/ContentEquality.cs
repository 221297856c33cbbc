namespace StorageEngines.Testing;

/// <summary>Compares contents; what they share is not looked at.</summary>
internal static class ContentEquality
{
    public static bool AreEqual(VolumeContent left, VolumeContent right)
    {
        if (ReferenceEquals(left, right))
        {
            return true;
        }

        return left.Block is { } block ? right.Block is { } other && AreEqual(block, other) : right.Tree is { } tree && AreEqual(left.Tree!, tree);
    }

    private static bool AreEqual(SparseContent left, SparseContent right)
        => left.Length == right.Length && (ReferenceEquals(left.Blocks, right.Blocks) || !ContentExtents.Differing(left, right, 0).Any());

    private static bool AreEqual(TreeState left, TreeState right)
        => ReferenceEquals(left.Nodes, right.Nodes)
        || (left.Nodes.Count == right.Nodes.Count && left.Nodes.Values.All(node => right.Nodes.TryGetValue(node.Id, out TreeNode? other) && AreEqual(node, other)));

    private static bool AreEqual(TreeNode left, TreeNode right)
        => ReferenceEquals(left, right)
        || (left.Type == right.Type && left.Links == right.Links && left.HasSameMetadata(right)
            && left.LinkTarget.Span.SequenceEqual(right.LinkTarget.Span)
            && left.Children.SequenceEqual(right.Children)
            && (left.Content is null ? right.Content is null : right.Content is { } content && AreEqual(left.Content, content)));
}
