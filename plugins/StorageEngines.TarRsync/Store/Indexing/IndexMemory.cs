namespace StorageEngines.TarRsync.Store.Indexing;

/// <summary>How much of the filters may stay in memory. Beyond it a page is read each time it is needed: slower, and as precise. Safe for several threads.</summary>
/// <param name="mostBytes">The limit.</param>
internal sealed class IndexMemory(long mostBytes = IndexMemory.Default)
{
    /// <summary>The usual limit, in bytes: 64 MiB, which is the filter of 2 TiB of blocks of 64 KiB.</summary>
    internal const long Default = 64L << 20;

    private long _used;

    /// <summary>Bytes in use.</summary>
    internal long Used => Volatile.Read(ref _used);

    /// <summary>Takes some, if there is so much left.</summary>
    internal bool TryTake(int bytes)
    {
        if (Interlocked.Add(ref _used, bytes) <= mostBytes)
            return true;
        Interlocked.Add(ref _used, -bytes);
        return false;
    }
}
