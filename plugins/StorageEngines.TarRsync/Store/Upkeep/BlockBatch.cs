using StorageEngines.TarRsync.Store.Indexing;

namespace StorageEngines.TarRsync.Store.Upkeep;

/// <summary>
/// Looks many blocks up at once, in the order of their keys, so that each page of the index is read once for all of them. Not thread-safe.
/// </summary>
/// <param name="index">The index.</param>
/// <param name="found">Told each place of each block: segment, place, and the number that was given with the block.</param>
/// <param name="missing">Told the number of each block that is nowhere, or null.</param>
internal sealed class BlockBatch(IndexState index, Action<int, long, int> found, Action<int>? missing = null)
{
    private const int Capacity = 1 << 17;

    private readonly ulong[] _keys = new ulong[Capacity];
    private readonly int[] _tags = new int[Capacity];
    private readonly bool[] _found = new bool[Capacity];
    private readonly IndexCursor _cursor = new();
    private int _count;

    /// <summary>Nothing more goes in before <see cref="Flush"/>.</summary>
    internal bool IsFull => _count == Capacity;

    /// <summary>Adds a block; a full batch is looked up first.</summary>
    internal void Add(BlockId id, int tag = 0)
    {
        if (IsFull)
            Flush();
        _keys[_count] = id.A;
        _tags[_count++] = tag;
    }

    /// <summary>Looks up what was added.</summary>
    /// <exception cref="CorruptDataException">A page of the index is damaged.</exception>
    internal void Flush()
    {
        Array.Sort(_keys, _tags, 0, _count);
        Array.Clear(_found, 0, _count);
        for (int part = 0; part < index.Parts.Count; part++)
            Search(part);
        for (int i = 0; missing is not null && i < _count; i++)
        {
            if (!_found[i] && !index.IsInMemory(_keys[i]))
                missing(_tags[i]);
        }
        _count = 0;
    }

    private void Search(int number)
    {
        (IndexSegment segment, int[] map) = index.Parts[number];
        _cursor.Reset();
        for (int i = 0; i < _count; i++)
        {
            if (!segment.MayHold(_keys[i]))
                continue;
            segment.Seek(_keys[i], _cursor);
            while (segment.MoveNext(_cursor) && _cursor.Current.Key == _keys[i])
            {
                if (map[_cursor.Current.Pack] < 0)
                    continue;
                _found[i] = true;
                found(number, _cursor.Place, _tags[i]);
            }
        }
    }
}
