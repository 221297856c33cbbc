namespace StorageEngines.TarRsync.Store;

/// <summary>
/// Where blocks are: a hash table of 16 bytes per slot. Only the first 8 bytes of an id are kept; the caller compares the whole id with the pack's
/// index. Not thread-safe.
/// </summary>
internal sealed class BlockTable
{
    private Slot[] _slots = new Slot[1024];

    /// <summary>Blocks in it.</summary>
    internal int Count { get; private set; }

    /// <summary>Adds a block; the same one may be in two packs.</summary>
    internal void Add(BlockId id, int pack, int ordinal)
    {
        if (Count >= _slots.Length / 4 * 3)
            Grow();
        Insert(_slots, new Slot(Key(id), pack + 1, ordinal));
        Count++;
    }

    /// <summary>Finds the next slot with the same first 8 bytes.</summary>
    /// <param name="id">The block.</param>
    /// <param name="cursor">-1 to begin; then what the last call left there.</param>
    /// <param name="pack">The pack's number.</param>
    /// <param name="ordinal">The place in the pack's index.</param>
    internal bool TryNext(BlockId id, ref int cursor, out int pack, out int ordinal)
    {
        int mask = _slots.Length - 1;
        ulong key = Key(id);
        int at = cursor < 0 ? Home(key, mask) : (cursor + 1) & mask;
        for (; _slots[at].Pack != 0; at = (at + 1) & mask)
        {
            if (_slots[at].Key != key)
                continue;
            cursor = at;
            pack = _slots[at].Pack - 1;
            ordinal = _slots[at].Ordinal;
            return true;
        }
        pack = ordinal = 0;
        return false;
    }

    private static ulong Key(BlockId id) => id.A;

    private static int Home(ulong key, int mask) => (int)(key & (uint)mask);

    private static void Insert(Slot[] slots, Slot slot)
    {
        int mask = slots.Length - 1;
        int at = Home(slot.Key, mask);
        while (slots[at].Pack != 0)
            at = (at + 1) & mask;
        slots[at] = slot;
    }

    private void Grow()
    {
        var larger = new Slot[_slots.Length * 2];
        foreach (Slot slot in _slots)
        {
            if (slot.Pack != 0)
                Insert(larger, slot);
        }
        _slots = larger;
    }

    private readonly record struct Slot(ulong Key, int Pack, int Ordinal);
}
