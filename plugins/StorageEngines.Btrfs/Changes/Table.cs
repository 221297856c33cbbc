namespace StorageEngines.Btrfs.Changes;

/// <summary>A growing array whose elements stay where they are: it grows piece by piece, so that growth copies nothing and references stay good.</summary>
internal sealed class Table<T>
    where T : struct
{
    private const int ChunkBits = 10;
    private const int ChunkSize = 1 << ChunkBits;

    private T[]?[] _chunks = new T[16][];
    private readonly Stack<int> _returned = new();

    /// <summary>How many elements there are, those given back among them.</summary>
    internal int Count { get; private set; }

    internal ref T this[int index] => ref _chunks[index >> ChunkBits]![index & (ChunkSize - 1)];

    /// <summary>Takes an element that was given back, or a new one.</summary>
    internal int Add(in T value)
    {
        int index;
        if (_returned.TryPop(out int last))
        {
            index = last;
        }
        else
        {
            index = Count++;
            int chunk = index >> ChunkBits;
            if (chunk == _chunks.Length)
            {
                Array.Resize(ref _chunks, 2 * chunk);
            }

            _chunks[chunk] ??= GC.AllocateArray<T>(ChunkSize, pinned: true); // what stays would be copied twice, and room kept for that
        }

        this[index] = value;
        return index;
    }

    /// <summary>Gives an element back; it then holds <paramref name="mark"/>.</summary>
    internal void Return(int index, in T mark)
    {
        this[index] = mark;
        _returned.Push(index);
    }
}
