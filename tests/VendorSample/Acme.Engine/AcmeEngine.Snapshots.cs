using System.Runtime.CompilerServices;
using StorageEngines;

namespace Acme;

internal sealed partial class AcmeEngine : ISnapshots
{
    public async Task<SnapshotInfo> CreateAsync(CreateSnapshotRequest request, CancellationToken cancellationToken = default)
    {
        SnapshotName.Require(request.Name);
        cancellationToken.ThrowIfCancellationRequested();
        if (request.MinimumConsistency > Consistency.Unknown)
        {
            throw new StorageEngineException(
                EngineStatus.FailedPrecondition, EngineReason.None, Recovery.FixRequest, $"acme copies a live image; it cannot promise {request.MinimumConsistency}.");
        }

        return (await _store.CreateAsync(request, cancellationToken)).ToInfo();
    }

    public Task<SnapshotInfo> GetAsync(SnapshotRef snapshot, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(_store.Find(snapshot).ToInfo());
    }

    public async IAsyncEnumerable<SnapshotInfo> ListAsync(
        VolumeRef? volume, string? namePrefix = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        IEnumerable<VolumeRef> volumes = volume is null ? _store.Volumes.Select(info => info.Ref) : [volume];
        foreach (ImageCopy copy in volumes.SelectMany(_store.List).Where(copy => copy.Name.StartsWith(namePrefix ?? "", StringComparison.Ordinal)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return copy.ToInfo();
            await Task.CompletedTask;
        }
    }

    public Task DeleteAsync(SnapshotRef snapshot, DeleteMode mode = DeleteMode.Everything, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (mode != DeleteMode.Everything)
        {
            throw NotSupported(EngineCapability.DeleteDataOnly);
        }

        if (_store.List(snapshot.Volume).FirstOrDefault(copy => copy.Id == snapshot.Id) is { } found)
        {
            File.Delete(found.File);
            File.Delete(ImageCopy.LabelsOf(found.File));
        }

        return Task.CompletedTask;
    }

    public Task<VolumeInfo> CloneAsync(SnapshotRef snapshot, BytePath location, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default)
        => throw NotSupported(EngineCapability.Clone);

    public Task RollbackAsync(SnapshotRef snapshot, RollbackOptions options, CancellationToken cancellationToken = default)
        => throw NotSupported(EngineCapability.RollbackInPlace);

    public Task HoldAsync(SnapshotRef snapshot, string owner, CancellationToken cancellationToken = default) => throw NotSupported(EngineCapability.Hold);

    public Task ReleaseAsync(SnapshotRef snapshot, string owner, CancellationToken cancellationToken = default) => throw NotSupported(EngineCapability.Hold);

    private static CapabilityNotSupportedException NotSupported(EngineCapability capability) => new(capability, $"acme does not support {capability}.");
}
