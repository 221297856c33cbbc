using System.Runtime.CompilerServices;
using StorageEngines.BlockMaps;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Reflink;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Reading;

/// <summary>Answers from manifests and the maps of clones; data of clones is read only where that is no proof. The volume is not read.</summary>
internal sealed class StoreBlockMap(StoreView view) : IBlockMap
{
    /// <inheritdoc/>
    public async IAsyncEnumerable<ExtentBatch> AllocatedAsync(AllocatedQuery query, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(query.MaxResults);
        await Task.CompletedTask.ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        (SnapshotStore store, VolumeRecord volume, SnapshotRecord snapshot) = view.Require(query.Snapshot);
        using ManifestReader manifest = store.OpenManifest(snapshot);
        ManifestEntry file = view.RequireFile(manifest, volume, query.Path, query.Snapshot);
        ExtentBatches.CheckOffset(query.StartingOffset, file.Size, view.Engine);
        var head = new ExtentBatch(ExtentStyle.VariableLength, file.Size, null, ChangeSource.NativeAllocated, Exactness.Exact, []);
        IEnumerable<Extent> extents = query.StartingOffset == file.Size
            ? []
            : ContentDelta.Allocated(file.Content, file.Size, query.StartingOffset, cancellationToken);
        foreach (ExtentBatch batch in ExtentBatches.Cut(head, extents, query.MaxResults, cancellationToken))
            yield return batch;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ExtentBatch> DeltaAsync(DeltaQuery query, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(query.MaxResults);
        await Task.CompletedTask.ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        (SnapshotStore store, VolumeRecord volume, SnapshotRecord target) = view.Require(query.Target);
        SnapshotRecord baseSnapshot = LineageRule.RequireBase(store, view.Engine, query.Base, volume, target);
        using ManifestReader manifest = store.OpenManifest(target);
        using ManifestReader baseManifest = OpenBase(store, baseSnapshot);
        ManifestEntry file = view.RequireFile(manifest, volume, query.Path, query.Target);
        BytePath basePath = query.BasePath ?? query.Path ?? default;
        if (!baseManifest.TryFind(basePath.Span, out ManifestEntry old) || old.Type != TreeEntryType.File)
            old = default;
        ExtentBatches.CheckOffset(query.StartingOffset, file.Size, view.Engine);
        DeltaAnswer answer = ContentDelta.Answer(old.Content, old.Size, file.Content, file.Size, query.StartingOffset, cancellationToken);
        // Files of a tree may be in chunks of any length, so that their granularity is a byte, and what is told is whole chunks or blocks.
        Exactness exactness = volume.Kind == VolumeKind.Tree ? Exactness.Superset : answer.Exactness;
        var head = new ExtentBatch(ExtentStyle.VariableLength, file.Size, old.Size, answer.Source, exactness, []);
        IEnumerable<Extent> extents = query.StartingOffset == file.Size ? answer.Extents.SkipWhile(extent => extent.End <= file.Size) : answer.Extents;
        foreach (ExtentBatch batch in ExtentBatches.Cut(head, extents, query.MaxResults, cancellationToken))
            yield return batch;
    }

    /// <summary>Opens the base's manifest; one that is deleted at this moment is a base that is gone.</summary>
    internal static ManifestReader OpenBase(SnapshotStore store, SnapshotRecord baseSnapshot)
    {
        try
        {
            return store.OpenManifest(baseSnapshot);
        }
        catch (SnapshotNotFoundException error)
        {
            throw new ChangeTrackingUnavailableException(EngineReason.BaseMissing, $"The base '{baseSnapshot.Name}' was deleted; take a full copy.", error);
        }
    }
}
