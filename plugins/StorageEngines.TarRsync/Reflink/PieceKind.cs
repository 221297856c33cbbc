namespace StorageEngines.TarRsync.Reflink;

/// <summary>What the maps of two clones say of a range.</summary>
internal enum PieceKind
{
    /// <summary>Neither has data.</summary>
    Empty,

    /// <summary>Both have the same data, in one place.</summary>
    Shared,

    /// <summary>It is data where the base has none.</summary>
    New,

    /// <summary>It reads as zeroes, and the base may not.</summary>
    Zero,

    /// <summary>Both have data, in different places.</summary>
    Moved,

    /// <summary>Both have data, and the maps do not prove whether it is the same.</summary>
    Unproven,
}
