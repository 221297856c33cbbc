namespace StorageEngines.Testing.Faults;

/// <summary>Differentials with one mistake in them.</summary>
internal sealed class FaultyDifferentials(MemoryStore store, InMemoryFault fault, IDifferentials inner) : IDifferentials
{
    public Task<TransferPlan> PlanAsync(
        ChangeToken? baseSnapshot, SnapshotRef targetSnapshot, string? resumeToken = null, CancellationToken cancellationToken = default)
        => inner.PlanAsync(baseSnapshot, targetSnapshot, resumeToken, Seen(cancellationToken));

    public Task ExportAsync(TransferPlan plan, Stream output, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default)
        => inner.ExportAsync(plan, output, progress, Seen(cancellationToken));

    public async Task<SnapshotInfo> ApplyAsync(
        Stream input, VolumeRef target, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        try
        {
            return await inner.ApplyAsync(input, target, progress, Seen(cancellationToken)).ConfigureAwait(false);
        }
        catch (CorruptDataException) when (fault == InMemoryFault.ApplyPublishesTruncated)
        {
            lock (store.Gate)
            {
                Damage(store.RequireVolume(target));
            }

            throw;
        }
    }

    private CancellationToken Seen(CancellationToken cancellationToken) => fault == InMemoryFault.IgnoresCancellation ? CancellationToken.None : cancellationToken;

    /// <summary>Leaves the volume as half a stream would: otherwise than it was.</summary>
    private void Damage(VolumeState volume)
    {
        if (volume.Content.Block is { Length: > 0 } block)
        {
            var last = new byte[1];
            block.Read(block.Length - 1, last);
            last[0] ^= 0xFF;
            volume.Content = new VolumeContent(block.Write(block.Length - 1, last), null);
        }
        else if (volume.Content.Tree is { } tree)
        {
            TreeNode file = new(tree.NextId, TreeEntryType.File) { Content = SparseContent.Empty(0, store.Options.BlockSizeBytes) };
            volume.Content = new VolumeContent(null, tree.Link(BytePath.FromString("half-applied"), file, store.Now) with { NextId = tree.NextId + 1 });
        }
    }
}
