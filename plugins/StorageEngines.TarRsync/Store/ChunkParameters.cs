namespace StorageEngines.TarRsync.Store;

/// <summary>The lengths of content-defined chunks, in bytes, and the seed of the table that the rolling hash takes its numbers from.</summary>
/// <param name="Min">The shortest chunk, but for the last one of a file; 64 or more.</param>
/// <param name="Average">From here on a cut is made more easily; about the average.</param>
/// <param name="Max">The longest chunk; at most <see cref="StoreFormat.MaxBlock"/>.</param>
/// <param name="GearSeed">The seed.</param>
internal sealed record ChunkParameters(int Min, int Average, int Max, ulong GearSeed)
{
    /// <summary>What new stores get: 16, 64 and 256 KiB.</summary>
    internal static readonly ChunkParameters Default = new(16 << 10, 64 << 10, 256 << 10, 0x53454E4747454152);

    /// <summary>Whether a chunker can work with them.</summary>
    internal bool IsSane => Min >= 64 && Average > Min && Max > Average && Max <= StoreFormat.MaxBlock && Average >= 1024;
}
