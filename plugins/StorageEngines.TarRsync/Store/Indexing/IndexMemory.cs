namespace StorageEngines.TarRsync.Store.Indexing;

/// <summary>
/// How much of the segments may stay in memory: of the filters, and apart from that of the entries. Beyond it a page is read each time it is needed: slower,
/// and as precise. Safe for several threads.
/// </summary>
/// <param name="mostBytes">The limit for filters.</param>
/// <param name="mostEntryBytes">The limit for entries.</param>
internal sealed class IndexMemory(long mostBytes = IndexMemory.Default, long mostEntryBytes = IndexMemory.DefaultEntries)
{
    /// <summary>The usual limit for entries, in bytes: 16 MiB, which is 700,000 blocks.</summary>
    internal const long DefaultEntries = 16L << 20;

    /// <summary>The usual limit, in bytes: 64 MiB, which is the filter of 2 TiB of blocks of 64 KiB.</summary>
    internal const long Default = 64L << 20;

    private long _used;
    private long _entries;

    /// <summary>Bytes in use by filters.</summary>
    internal long Used => Volatile.Read(ref _used);

    /// <summary>Takes some for a filter, if there is so much left.</summary>
    internal bool TryTake(int bytes) => TryTake(ref _used, bytes, mostBytes);

    /// <summary>Takes some for entries, if there is so much left.</summary>
    internal bool TryTakeForEntries(int bytes) => TryTake(ref _entries, bytes, mostEntryBytes);

    /// <summary>Gives back what a segment took.</summary>
    internal void Give(long filterBytes, long entryBytes)
    {
        Interlocked.Add(ref _used, -filterBytes);
        Interlocked.Add(ref _entries, -entryBytes);
    }

    private static bool TryTake(ref long used, int bytes, long most)
    {
        if (Volatile.Read(ref used) + bytes > most)
            return false;
        if (Interlocked.Add(ref used, bytes) <= most)
            return true;
        Interlocked.Add(ref used, -bytes);
        return false;
    }
}
