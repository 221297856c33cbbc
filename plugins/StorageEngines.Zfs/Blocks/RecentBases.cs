using StorageEngines.Zfs.Snapshots;

namespace StorageEngines.Zfs.Blocks;

/// <summary>
/// Remembers which base a target was last compared with. Who reads a snapshot after that mostly reads what changed, and all of that comes fastest by the difference, however scattered it is.
/// It is a hint: nothing is wrong without it. Safe for use by several threads.
/// </summary>
internal sealed class RecentBases
{
    private const int Most = 64;

    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, SendBase> _bases = [];
    private readonly Queue<ulong> _order = new();

    /// <summary>Remembers one.</summary>
    internal void Note(SendBase from, ZfsSnapshot to)
    {
        lock (_lock)
        {
            if (!_bases.ContainsKey(to.Guid))
            {
                _order.Enqueue(to.Guid);
                if (_order.Count > Most)
                {
                    _bases.Remove(_order.Dequeue());
                }
            }

            _bases[to.Guid] = from;
        }
    }

    /// <summary>The base of a target, or null.</summary>
    internal SendBase? Of(ZfsSnapshot to)
    {
        lock (_lock)
        {
            return _bases.GetValueOrDefault(to.Guid);
        }
    }
}
