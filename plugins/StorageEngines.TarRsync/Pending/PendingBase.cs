using StorageEngines.TarRsync.Capture;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Pending;

/// <summary>Finds the snapshot that a live volume is compared with.</summary>
internal static class PendingBase
{
    /// <summary>Finds it: the one that is named, or the one that the volume's state comes from.</summary>
    /// <exception cref="ChangeTrackingUnavailableException">There is none.</exception>
    /// <exception cref="LineageBrokenException">It is of another volume.</exception>
    internal static SnapshotRecord Require(SnapshotStore? store, VolumePlace place, ChangeToken? token)
    {
        if (token is not null && (token.Engine != TarRsyncEngineFactory.SchemeName || token.VolumeId != place.Id))
        {
            throw store?.FindVolume(token.VolumeId) is { } other && other.Location == place.Location
                ? Unavailable(EngineReason.VolumeReplaced, $"Another volume is at '{place.Location}' since the base was taken; the next snapshot reads everything.")
                : new LineageBrokenException(EngineReason.UnrelatedSnapshots, $"The base is a snapshot of another volume than '{place.Location}'; name one of this volume.")
                { Engine = TarRsyncEngineFactory.SchemeName };
        }

        if (token is not null)
        {
            return store?.FindById(place.Id, token.Value) is { } named && named.LineageId == token.LineageId
                ? named
                : throw Unavailable(EngineReason.BaseMissing, $"The base '{token.Value}' of volume '{place.Location}' was deleted; compare with another one.");
        }

        return (store?.FindVolume(place.Id) is { HeadSnapshotId: { } head } ? store.FindById(place.Id, head) : null)
            ?? store?.Snapshots(place.Id).LastOrDefault()
            ?? throw Unavailable(EngineReason.BaseMissing, $"There is no snapshot of '{place.Location}' in the store yet to compare with; the first one reads everything.");
    }

    private static ChangeTrackingUnavailableException Unavailable(EngineReason reason, string message)
        => new(reason, message) { Engine = TarRsyncEngineFactory.SchemeName };
}
