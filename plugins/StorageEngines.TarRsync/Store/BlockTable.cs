using StorageEngines.TarRsync.Store.Indexing;

namespace StorageEngines.TarRsync.Store;

/// <summary>
/// Where the blocks are that no index segment covers: a hash table of 24 bytes per slot. Only the first 8 bytes of an id are kept; the caller compares the
/// whole id with the record in the pack. Lookups are safe for several threads beside each other.
/// </summary>
internal sealed class BlockTable
{
    private IndexEntry[] _slots = new IndexEntry[1024];

    /// <summary>Entries in it.</summary>
    internal int Count { get; private set; }

    /// <summary>Adds an entry; the same block may be in two packs.</summary>
    internal void Add(in IndexEntry entry)
    {
        if (Count >= _slots.Length / 4 * 3)
            Grow();
        Insert(_slots, entry);
        Count++;
    }

    /// <summary>Finds the next entry with a key.</summary>
    /// <param name="key">The first 8 bytes of the id.</param>
    /// <param name="cursor">-1 to begin; then what the last call left there.</param>
    /// <param name="entry">The entry.</param>
    internal bool TryNext(ulong key, ref int cursor, out IndexEntry entry)
    {
        int mask = _slots.Length - 1;
        int at = cursor < 0 ? Home(key, mask) : (cursor + 1) & mask;
        for (; _slots[at].PlainLength != 0; at = (at + 1) & mask)
        {
            if (_slots[at].Key != key)
                continue;
            cursor = at;
            entry = _slots[at];
            return true;
        }
        cursor = at;
        entry = default;
        return false;
    }

    /// <summary>All entries by their keys.</summary>
    internal IndexEntry[] Sorted()
    {
        IndexEntry[] all = [.. _slots.Where(slot => slot.PlainLength != 0)];
        Array.Sort(all, (a, b) => a.Key.CompareTo(b.Key));
        return all;
    }

    private static int Home(ulong key, int mask) => (int)(key & (uint)mask);

    private static void Insert(IndexEntry[] slots, in IndexEntry entry)
    {
        int mask = slots.Length - 1;
        int at = Home(entry.Key, mask);
        while (slots[at].PlainLength != 0)
            at = (at + 1) & mask;
        slots[at] = entry;
    }

    private void Grow()
    {
        var larger = new IndexEntry[_slots.Length * 2];
        foreach (IndexEntry slot in _slots)
        {
            if (slot.PlainLength != 0)
                Insert(larger, slot);
        }
        _slots = larger;
    }
}
