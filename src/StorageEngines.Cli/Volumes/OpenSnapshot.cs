namespace StorageEngines.Cli.Volumes;

/// <summary>A snapshot with the volume it is of.</summary>
internal sealed record OpenSnapshot(OpenVolume Volume, SnapshotInfo Info)
{
    internal IStorageEngine Engine => Volume.Engine;

    internal bool IsTree => Volume.Info.Kind == VolumeKind.Tree;

    /// <summary>The token that a delta from this snapshot starts at, or the error that says there is none.</summary>
    internal ChangeToken Token => Info.ChangeToken
        ?? throw new ChangeTrackingUnavailableException(EngineReason.ChangeTrackingOff, $"Snapshot '{Info.Ref}' cannot be the base of a difference.");
}
