namespace StorageEngines.TarRsync.Store;

/// <summary>One block of a file: its id and plain length in bytes. A hole has the all-zero id.</summary>
internal readonly record struct BlockRef(BlockId Id, int Length)
{
    /// <summary>True if the block reads as zeroes and is not stored.</summary>
    internal bool IsHole => Id.IsHole;

    /// <summary>A hole of that many bytes.</summary>
    internal static BlockRef Hole(int length) => new(default, length);
}
