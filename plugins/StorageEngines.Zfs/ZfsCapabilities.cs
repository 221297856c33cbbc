namespace StorageEngines.Zfs;

/// <summary>What the engine can do with each kind of volume. Each flag goes with a feature of <see cref="ZfsStorageEngine"/>.</summary>
internal static class ZfsCapabilities
{
    /// <summary>What can be done with a zvol.</summary>
    internal const EngineCapability OfZvols = Snapshots | Streams | EngineCapability.Allocated | EngineCapability.Delta | EngineCapability.ReadSnapshot | EngineCapability.ChangedData;

    /// <summary>What can be done with a file system.</summary>
    internal const EngineCapability OfFileSystems
        = Snapshots | Streams | EngineCapability.ReadTree | EngineCapability.ReadSnapshot | EngineCapability.FileDiff | EngineCapability.Delta | EngineCapability.Allocated;

    private const int SmallestFileBlock = 512;

    // Of both kinds: ZfsSnapshots and ZfsGroups.
    private const EngineCapability Snapshots = EngineCapability.Snapshot | EngineCapability.Clone | EngineCapability.RollbackInPlace | EngineCapability.Hold | EngineCapability.DeleteDataOnly
        | EngineCapability.Group;

    private const EngineCapability Streams = EngineCapability.ExportDiff | EngineCapability.ApplyDiff | EngineCapability.ResumeExport;

    /// <summary>The capabilities of a kind of volume.</summary>
    /// <param name="kind">The kind; null for the best of both.</param>
    /// <param name="blockBytes">The size of its blocks, in bytes.</param>
    internal static EngineCapabilities Of(VolumeKind? kind, int blockBytes)
    {
        EngineCapability flags = kind switch
        {
            VolumeKind.Block => OfZvols,
            VolumeKind.Tree => OfFileSystems,
            _ => OfZvols | OfFileSystems,
        };
        return new EngineCapabilities(flags, flags.HasFlag(EngineCapability.Delta) ? Traits(kind, blockBytes) : null, 0, Groups.ZfsGroups.MostMembers);
    }

    // Each file has its own size of blocks, and a bookmark does not know names.
    private static DeltaTraits Traits(VolumeKind? kind, int blockBytes) => new(
        kind == VolumeKind.Tree ? SmallestFileBlock : blockBytes, ExtentStyle.VariableLength, Exactness.Superset, ReportsZeroes: true, BaseDataMustExist: kind == VolumeKind.Tree, NeedsAdjacentSnapshots: false, SurvivesResize: true, SurvivesReboot: true);
}
