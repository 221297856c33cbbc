using System.Numerics;

namespace StorageEngines.TarRsync.Walk;

/// <summary>
/// Arrays of listings, used again from directory to directory and from walk to walk. By itself, because the framework's pool has to be compiled anew for these
/// types at every start. Safe for use by several threads.
/// </summary>
internal sealed class WalkMemory
{
    private const int Smallest = 128;
    private const int MostKept = 64 << 10; // entries in all; about 10 MiB
    private const int MostKeys = 8;

    private readonly Stack<WalkItem[]>[] _items = new Stack<WalkItem[]>[Class(MostKept) + 1];
    private readonly Stack<NameKey[]> _keys = new();
    private readonly Lock _lock = new();
    private int _kept;

    /// <summary>An empty one.</summary>
    internal WalkMemory()
    {
        for (int i = 0; i < _items.Length; i++)
        {
            _items[i] = new Stack<WalkItem[]>();
        }
    }

    /// <summary>Of the process.</summary>
    internal static WalkMemory Shared { get; } = new();

    /// <summary>An array of at least so many entries; what is in it is anything.</summary>
    internal WalkItem[] RentItems(int count)
    {
        int length = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(count, Smallest));
        int size = Class(length);
        lock (_lock)
        {
            if (size < _items.Length && _items[size].TryPop(out WalkItem[]? free))
            {
                _kept -= length;
                return free;
            }
        }

        return new WalkItem[length];
    }

    /// <summary>Takes entries back; those of a huge directory are not kept. What is used now has room before what was used once.</summary>
    internal void Return(WalkItem[] items)
    {
        if (items.Length > MostKept)
        {
            return;
        }

        lock (_lock)
        {
            if (_kept + items.Length > MostKept)
            {
                DropOtherSizes(Class(items.Length), items.Length);
            }

            if (_kept + items.Length <= MostKept)
            {
                _kept += items.Length;
                _items[Class(items.Length)].Push(items);
            }
        }
    }

    // Else a tree of many small directories would leave no room for the large ones of any later walk.
    private void DropOtherSizes(int size, int room)
    {
        for (int other = 0; other < _items.Length && _kept + room > MostKept; other++)
        {
            while (other != size && _kept + room > MostKept && _items[other].TryPop(out WalkItem[]? dropped))
            {
                _kept -= dropped.Length;
            }
        }
    }

    /// <summary>An array for names that are being sorted.</summary>
    internal NameKey[] RentKeys()
    {
        lock (_lock)
        {
            return _keys.Count > 0 ? _keys.Pop() : new NameKey[Smallest];
        }
    }

    /// <summary>Takes it back, also if it is a larger one now; that of a huge directory is not kept.</summary>
    internal void Return(NameKey[] keys)
    {
        lock (_lock)
        {
            if (_keys.Count < MostKeys && keys.Length <= MostKept)
            {
                _keys.Push(keys);
            }
        }
    }

    private static int Class(int length) => BitOperations.Log2((uint)(length / Smallest));
}
