namespace StorageEngines.Cli.Volumes;

/// <summary>A snapshot with the volume it is of.</summary>
internal sealed record OpenSnapshot(OpenVolume Volume, SnapshotInfo Info)
{
    internal IStorageEngine Engine => Volume.Engine;

    internal bool IsTree => Volume.Info.Kind == VolumeKind.Tree;

    /// <summary>This snapshot, if its data can still be read.</summary>
    /// <exception cref="StorageEngineException">Its data was deleted (FailedPrecondition).</exception>
    internal OpenSnapshot WithData() => Info.State != SnapshotState.MetadataOnly
        ? this
        : throw new StorageEngineException(
            EngineStatus.FailedPrecondition, EngineReason.SnapshotMissing, Recovery.FixRequest,
            $"The data of snapshot '{Info.Ref}' was deleted ('snapshot delete --data-only'); it serves only as the base of differences.")
        { Engine = Engine.Name };

    /// <summary>The token that a delta from this snapshot starts at, or the error that says there is none.</summary>
    internal ChangeToken Token => Info.ChangeToken
        ?? throw new ChangeTrackingUnavailableException(
            Info.Warnings.Count > 0 ? EngineReason.ChangeTrackingLost : EngineReason.ChangeTrackingOff,
            $"Snapshot '{Info.Ref}' cannot be the base of a difference. {string.Join(' ', Info.Warnings)}".TrimEnd());
}
