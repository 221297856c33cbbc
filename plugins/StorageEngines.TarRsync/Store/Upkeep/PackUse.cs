namespace StorageEngines.TarRsync.Store.Upkeep;

/// <summary>What of a pack is needed. Bytes with the heads of records.</summary>
internal record struct PackUse(int LiveBlocks, long LiveBytes, int Blocks, long Bytes)
{
    /// <summary>Bytes that nobody needs.</summary>
    internal readonly long UnusedBytes => Bytes - LiveBytes;

    /// <summary>Counts a record.</summary>
    internal void Count(int storedLength, bool live)
    {
        Blocks++;
        Bytes += storedLength + PackEntry.Size;
        if (!live)
            return;
        LiveBlocks++;
        LiveBytes += storedLength + PackEntry.Size;
    }
}
