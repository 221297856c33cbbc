using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace StorageEngines.Btrfs.Changes;

/// <summary>The names by directory and bytes.</summary>
internal sealed class NameTable
{
    private readonly NameArena _arena = new();
    private readonly Table<NameEntry> _entries = new();
    private int[] _buckets = Empty(1024);
    private int _used;

    /// <summary>Entries there ever were at the same time; forgotten ones have a length of 0, as the root's has.</summary>
    internal int Count => _entries.Count;

    internal ref NameEntry this[int entry] => ref _entries[entry];

    /// <summary>The name's bytes.</summary>
    internal ReadOnlySpan<byte> NameOf(in NameEntry entry) => entry.Length == 0 ? default : _arena[entry.Name, entry.Length];

    /// <summary>Adds the entry of the root, which has no name.</summary>
    internal int AddRoot() => _entries.Add(new NameEntry { Base = 0, Now = 0 });

    /// <summary>Finds a name.</summary>
    /// <returns>The entry, or -1.</returns>
    internal int Find(int directory, ReadOnlySpan<byte> name)
    {
        int at = _buckets[Hash(directory, name) & (uint)(_buckets.Length - 1)];
        while (at >= 0)
        {
            ref NameEntry entry = ref _entries[at];
            if (entry.Directory == directory && entry.Length == name.Length && _arena[entry.Name, entry.Length].SequenceEqual(name))
            {
                return at;
            }

            at = entry.Next;
        }

        return -1;
    }

    /// <summary>Adds a name that is not there yet.</summary>
    internal int Add(int directory, ReadOnlySpan<byte> name)
    {
        if (_used++ == _buckets.Length)
        {
            Grow();
        }

        ref int bucket = ref _buckets[Hash(directory, name) & (uint)(_buckets.Length - 1)];
        bucket = _entries.Add(new NameEntry { Directory = directory, Name = _arena.Add(name), Length = (byte)name.Length, Next = bucket });
        return bucket;
    }

    /// <summary>Forgets a name.</summary>
    internal void Remove(int entry)
    {
        ref NameEntry gone = ref _entries[entry];
        ref int at = ref _buckets[Hash(gone.Directory, NameOf(in gone)) & (uint)(_buckets.Length - 1)];
        while (at != entry)
        {
            at = ref _entries[at].Next;
        }

        at = gone.Next;
        _used--;
        _arena.Forget(gone.Name, gone.Length);
        _entries.Return(entry, new NameEntry());
    }

    private static int[] Empty(int length)
    {
        var buckets = new int[length];
        buckets.AsSpan().Fill(-1);
        return buckets;
    }

    // Eight bytes at a time, the last of them twice where the length is no multiple, each mixed by a multiplication.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Hash(int directory, ReadOnlySpan<byte> name)
    {
        const ulong Odd = 0x9E3779B97F4A7C15;
        unchecked
        {
            ulong hash = ((ulong)(uint)directory << 8 | (uint)name.Length) * Odd;
            if (name.Length >= 8)
            {
                ulong last = BinaryPrimitives.ReadUInt64LittleEndian(name[^8..]);
                for (; name.Length > 8; name = name[8..])
                {
                    hash = (hash ^ BinaryPrimitives.ReadUInt64LittleEndian(name)) * Odd;
                    hash ^= hash >> 32;
                }

                hash ^= last;
            }
            else
            {
                ulong bytes = 0;
                foreach (byte b in name)
                {
                    bytes = bytes << 8 | b;
                }

                hash ^= bytes;
            }

            hash ^= hash >> 32;
            return (uint)((hash * Odd) >> 32);
        }
    }

    private void Grow()
    {
        int[] buckets = Empty(2 * _buckets.Length);
        for (int at = 0; at < _entries.Count; at++)
        {
            ref NameEntry entry = ref _entries[at];
            if (entry.Length > 0)
            {
                ref int bucket = ref buckets[Hash(entry.Directory, NameOf(in entry)) & (uint)(buckets.Length - 1)];
                entry.Next = bucket;
                bucket = at;
            }
        }

        _buckets = buckets;
    }
}
