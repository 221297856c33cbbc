using System.Runtime.CompilerServices;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Reading;

/// <summary>Lists the entries of a tree's manifest.</summary>
internal sealed class StoreTreeReader(StoreView view) : ITreeReader
{
    private const int CancelEvery = 1024;

    /// <inheritdoc/>
    public async IAsyncEnumerable<TreeEntry> ListAsync(
        SnapshotRef snapshot, BytePath under = default, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        using ManifestReader manifest = Open(snapshot);
        int count = 0;
        for (bool more = manifest.Seek(under.Span); more && new BytePath(manifest.Current.Path).IsAtOrBelow(under); more = manifest.MoveNext())
        {
            if (count++ % CancelEvery == 0)
                cancellationToken.ThrowIfCancellationRequested();
            yield return manifest.Current.ToTreeEntry();
        }
    }

    /// <inheritdoc/>
    public ValueTask<TreeEntry?> GetAsync(SnapshotRef snapshot, BytePath path, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using ManifestReader manifest = Open(snapshot);
        return new(manifest.TryFind(path.Span, out ManifestEntry entry) ? entry.ToTreeEntry() : null);
    }

    private ManifestReader Open(SnapshotRef snapshot)
    {
        (SnapshotStore store, VolumeRecord volume, SnapshotRecord record) = view.Require(snapshot);
        return volume.Kind == VolumeKind.Tree
            ? store.OpenManifest(record)
            : throw new CapabilityNotSupportedException(EngineCapability.ReadTree, $"{snapshot.Volume} is a block volume, which has no files.") { Engine = view.Engine };
    }
}
