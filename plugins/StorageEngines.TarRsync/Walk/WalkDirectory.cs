using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Walk;

/// <summary>
/// One directory of a walk: first only a name in its parent, then open and listed, with the status of each entry, in byte order. It stays open as
/// long as somebody counts on it: the walk while it is inside, a subdirectory that is not open yet, a reader of one of its files.
/// </summary>
internal sealed class WalkDirectory
{
    private const int ListingBuffer = 65_536;
    private readonly WalkDirectory? _parent;
    private readonly byte[] _name;
    private readonly ulong _inode;
    private WalkItem[] _items = [];
    private byte[] _names = [];
    private int _users = 1;

    /// <summary>Makes the root from its open directory, which this object closes.</summary>
    internal WalkDirectory(DirectoryHandle root)
    {
        _name = [];
        Handle = root;
    }

    private WalkDirectory(WalkDirectory parent, byte[] name, ulong inode)
    {
        parent.AddUser();
        _parent = parent;
        _name = name;
        _inode = inode;
    }

    /// <summary>The states in the order that they are passed.</summary>
    internal enum LoadState
    {
        /// <summary>Nobody has begun.</summary>
        Waiting,

        /// <summary>A thread is at it.</summary>
        Loading,

        /// <summary>The entries are there, or <see cref="Failure"/> is.</summary>
        Loaded,
    }

    /// <summary>Guarded by the schedule's lock.</summary>
    internal LoadState State { get; set; }

    /// <summary>Where it stands in the schedule; guarded by the schedule's lock.</summary>
    internal LinkedListNode<WalkDirectory>? Place { get; set; }

    /// <summary>The open directory; null before it is loaded, and when it was gone by then.</summary>
    internal DirectoryHandle? Handle { get; private set; }

    /// <summary>Why it could not be loaded.</summary>
    internal Exception? Failure { get; set; }

    /// <summary>The directory was gone, or something else, when it was to be opened.</summary>
    internal bool Vanished { get; private set; }

    /// <summary>The directories below, in order.</summary>
    internal List<WalkDirectory> Subdirectories { get; } = [];

    /// <summary>How many entries there are.</summary>
    internal int Count { get; private set; }

    /// <summary>An entry, in byte order of the names.</summary>
    internal ref readonly WalkItem this[int index] => ref _items[index];

    /// <summary>An entry's name.</summary>
    internal ReadOnlySpan<byte> NameOf(in WalkItem item) => _names.AsSpan(item.NameStart, item.NameLength);

    /// <summary>Path from the root, for messages.</summary>
    internal BytePath Path => _parent is null ? default : _parent.Path.Append(new BytePath(_name));

    /// <summary>Keeps the directory open.</summary>
    internal void AddUser() => Interlocked.Increment(ref _users);

    /// <summary>Takes one <see cref="AddUser"/>, or the first use, back; the last one closes the directory.</summary>
    internal void RemoveUser()
    {
        if (Interlocked.Decrement(ref _users) != 0)
        {
            return;
        }

        Handle?.Dispose();
        DropEntries();
        if (State == LoadState.Waiting)
        {
            _parent?.RemoveUser(); // Never opened, so its claim on the parent still stands.
        }
    }

    /// <summary>Gives the memory of the entries back.</summary>
    internal void DropEntries()
    {
        if (_items.Length > 0)
        {
            WalkMemory.Shared.Return(_items);
            ArrayPool<byte>.Shared.Return(_names);
        }

        _items = [];
        _names = [];
        Count = 0;
    }

    /// <summary>Opens the directory, lists it and asks for the status of each entry. Implements: openat(2), getdents64(2), statx(2).</summary>
    /// <exception cref="StorageEngineException">It may not be read.</exception>
    internal void Load(WalkOptions options, in FileStatus root)
    {
        try
        {
            if (TryOpen())
            {
                NameKey[] keys = ReadNames(WalkMemory.Shared.RentKeys(), withInodes: options.Bulk is not null);
                ReadStatus(keys.AsSpan(0, Count), options, root);
                WalkMemory.Shared.Return(keys);
            }
        }
        catch (PosixException e)
        {
            throw WalkErrors.From(e, "read directory", Path);
        }
        finally
        {
            _parent?.RemoveUser();
        }
    }

    private bool TryOpen()
    {
        if (_parent is null)
        {
            return true;
        }

        try
        {
            if (_parent.Handle is { } parent)
            {
                Handle = parent.OpenChild(_name);
                Vanished = FileStatus.Get(Handle).Inode != _inode;
                return true;
            }
        }
        catch (PosixException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP)
        {
            // It went away, or became something else, since its parent was listed.
        }

        Vanished = true;
        return false;
    }

    // The inode numbers of regular files go behind the NUL of each name, so that the keys stay small.
    private NameKey[] ReadNames(NameKey[] keys, bool withInodes)
    {
        int tail = withInodes ? sizeof(ulong) : 0;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ListingBuffer);
        _names = ArrayPool<byte>.Shared.Rent(4096);
        int used = 0;
        int common = int.MaxValue;
        try
        {
            foreach (DirectoryEntry entry in Handle!.Entries(buffer))
            {
                ReadOnlySpan<byte> name = entry.Name;
                if (used + name.Length + 1 + tail > _names.Length)
                {
                    GrowNames(used);
                }

                if (Count == keys.Length)
                {
                    Array.Resize(ref keys, 2 * Count);
                }

                name.CopyTo(_names.AsSpan(used));
                _names[used + name.Length] = 0;
                common = Math.Min(common, name.CommonPrefixLength(_names.AsSpan(0, Math.Min(common, name.Length))));
                keys[Count++] = new NameKey(0, used, name.Length);
                used += name.Length + 1;
                if (withInodes)
                {
                    MemoryMarshal.Write(_names.AsSpan(used), entry.Type == FileType.Regular ? entry.Inode : 0);
                    used += tail;
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        for (int i = 0; i < Count; i++)
        {
            NameKey key = keys[i];
            keys[i] = key with { First = FirstBytes(_names.AsSpan(key.Start + common, key.Length - common)) };
        }

        NameKey.Sort(keys.AsSpan(0, Count), _names);
        return keys;
    }

    private static ulong FirstBytes(ReadOnlySpan<byte> name)
    {
        if (name.Length >= sizeof(ulong))
        {
            return BinaryPrimitives.ReadUInt64BigEndian(name);
        }

        ulong first = 0;
        for (int i = 0; i < sizeof(ulong); i++)
        {
            first = (first << 8) | (i < name.Length ? name[i] : (byte)0);
        }

        return first;
    }

    private void ReadStatus(ReadOnlySpan<NameKey> keys, WalkOptions options, in FileStatus root)
    {
        _items = WalkMemory.Shared.RentItems(keys.Length);
        Count = 0;
        for (int i = 0; i < keys.Length; i++)
        {
            ref readonly NameKey key = ref keys[i];
            if (i > 0 && NameKey.IsSame(key, keys[i - 1], _names))
            {
                continue; // A listing that is changed meanwhile may tell a name twice.
            }

            ref WalkItem item = ref _items[Count];
            bool isKnown = options.Bulk is { } bulk && bulk.TryGet(MemoryMarshal.Read<ulong>(_names.AsSpan(key.Start + key.Length + 1)), out item.Status);
            if ((!isKnown && !FileStatus.TryGetTerminated(Handle!, _names.AsSpan(key.Start, key.Length + 1), out item.Status)) || options.Excludes(item.Status))
            {
                continue;
            }

            (item.NameStart, item.NameLength, item.Subdirectory) = (key.Start, key.Length, -1);
            item.IsBoundary = item.Status.DeviceMajor != root.DeviceMajor || item.Status.DeviceMinor != root.DeviceMinor
                || item.Status.MountId != root.MountId;
            if (item.Status.IsDirectory && !item.IsBoundary)
            {
                item.Subdirectory = Subdirectories.Count;
                Subdirectories.Add(new WalkDirectory(this, NameOf(item).ToArray(), item.Status.Inode));
            }

            Count++;
        }
    }

    // A name has at most 255 bytes, so that twice the size is enough.
    private void GrowNames(int used)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(_names.Length * 2);
        _names.AsSpan(0, used).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_names);
        _names = larger;
    }
}
