namespace StorageEngines.LvmThin.Blocks;

/// <summary>What thin_delta says of a run of chunks.</summary>
internal enum MappingKind
{
    /// <summary>Both have the same chunks of the pool.</summary>
    Same,

    /// <summary>Both have chunks, and not the same.</summary>
    Different,

    /// <summary>Only the first has them; the second reads as zeroes.</summary>
    LeftOnly,

    /// <summary>Only the second has them.</summary>
    RightOnly,
}
