using System.Runtime.CompilerServices;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Reading;

/// <summary>Finds what moved by the lists of blocks of two snapshots; no data is read, and clones have no list.</summary>
internal sealed class StoreContentMatches(StoreView view) : IContentMatches
{
    private const int CancelEvery = 4096;

    /// <inheritdoc/>
    public async IAsyncEnumerable<ContentMatch> ListAsync(DeltaQuery query, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        (SnapshotStore store, VolumeRecord volume, SnapshotRecord target) = view.Require(query.Target);
        SnapshotRecord baseSnapshot = LineageRule.RequireBase(store, view.Engine, query.Base, volume, target);
        using ManifestReader manifest = store.OpenManifest(target);
        using ManifestReader baseManifest = StoreBlockMap.OpenBase(store, baseSnapshot);
        ManifestEntry file = view.RequireFile(manifest, volume, query.Path, query.Target);
        BytePath basePath = query.BasePath ?? query.Path ?? default;
        if (!baseManifest.TryFind(basePath.Span, out ManifestEntry old) || old.Type != TreeEntryType.File
            || old.Content.Kind == FileContent.Clone || file.Content.Kind == FileContent.Clone)
            yield break;
        int count = 0;
        foreach (ContentMatch match in MovedBlocks.Find(old.Content, old.Size, file.Content, file.Size))
        {
            if (count++ % CancelEvery == 0)
                cancellationToken.ThrowIfCancellationRequested();
            yield return match;
        }
    }
}
