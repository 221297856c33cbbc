using System.Runtime.CompilerServices;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Reading;

/// <summary>Which files changed, by a merge of two manifests. Memory does not grow with the number of files.</summary>
/// <param name="view">The store.</param>
/// <param name="renameBudgetBytes">Memory for telling renames, in bytes. Default: 48 MiB, about 100,000 names.</param>
internal sealed class StoreFileDiff(StoreView view, long renameBudgetBytes = StoreFileDiff.RenameBudgetBytes) : IFileDiff
{
    /// <summary>Memory for telling renames: 48 MiB, about 100,000 names.</summary>
    internal const long RenameBudgetBytes = 48 << 20;

    /// <inheritdoc/>
    public async IAsyncEnumerable<FileChange> DiffAsync(FileDiffQuery query, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(query.MaxExtentsPerFile);
        await Task.CompletedTask.ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        (SnapshotStore store, VolumeRecord volume, SnapshotRecord target) = view.Require(query.Target);
        SnapshotRecord baseSnapshot = LineageRule.RequireBase(store, view.Engine, query.Base, volume, target);
        if (volume.Kind != VolumeKind.Tree)
            throw new CapabilityNotSupportedException(EngineCapability.FileDiff, $"{query.Target.Volume} is a block volume, which has no files; ask for its extents.")
            { Engine = view.Engine };
        using ManifestReader after = store.OpenManifest(target);
        using ManifestReader before = StoreBlockMap.OpenBase(store, baseSnapshot);
        var difference = new TreeDifference(query.Under, query.MaxExtentsPerFile, renameBudgetBytes);
        foreach (FileChange change in difference.Changes(before, after, cancellationToken))
            yield return change;
    }
}
