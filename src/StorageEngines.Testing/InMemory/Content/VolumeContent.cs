namespace StorageEngines.Testing;

/// <summary>What a volume or snapshot holds: one of the two is there.</summary>
internal sealed record VolumeContent(SparseContent? Block, TreeState? Tree)
{
    public VolumeKind Kind => Block is null ? VolumeKind.Tree : VolumeKind.Block;

    public long SizeBytes => Block?.Length ?? Tree!.Nodes.Values.Sum(node => node.Content?.Length ?? 0);
}
