namespace StorageEngines.TarRsync.Walk;

/// <summary>
/// Arrays of listings, used again during a walk. By itself, because the framework's pool has to be compiled anew for these types at every start. Safe for use by
/// several threads.
/// </summary>
internal sealed class WalkMemory
{
    private const int Smallest = 128;

    private readonly Stack<WalkItem[]> _items = new();
    private readonly Stack<NameKey[]> _keys = new();
    private readonly Lock _lock = new();

    /// <summary>An array of at least so many entries; what is in it is anything.</summary>
    internal WalkItem[] RentItems(int count)
    {
        lock (_lock)
        {
            if (_items.TryPeek(out WalkItem[]? free) && free.Length >= count)
            {
                return _items.Pop();
            }
        }

        return new WalkItem[Math.Max(count, Smallest)];
    }

    /// <summary>Takes entries back. A large directory's are not kept.</summary>
    internal void Return(WalkItem[] items)
    {
        if (items.Length == Smallest)
        {
            lock (_lock)
            {
                _items.Push(items);
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

    /// <summary>Takes it back, also if it is a larger one now.</summary>
    internal void Return(NameKey[] keys)
    {
        lock (_lock)
        {
            _keys.Push(keys);
        }
    }
}
