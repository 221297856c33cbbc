using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Native;

/// <summary>Walks items of one of the file system's trees in the order of their keys. Needs CAP_SYS_ADMIN. Not thread-safe. Implements: ioctl BTRFS_IOC_TREE_SEARCH_V2, ioctl_btrfs(2).</summary>
/// <param name="fileSystem">Anything open on the file system; stays the caller's.</param>
/// <param name="tree">The tree; 0 is the one that <paramref name="fileSystem"/> is in.</param>
/// <param name="from">The first key.</param>
/// <param name="to">The last key.</param>
/// <param name="leastTransaction">Leaves that are older are left out; items of newer leaves may be older themselves.</param>
internal sealed class TreeSearch(SafeHandle fileSystem, ulong tree, TreeKey from, TreeKey to, ulong leastTransaction = 0) : IDisposable
{
    private const int BufferBytes = 1 << 20;

    private byte[]? _buffer = ArrayPool<byte>.Shared.Rent(BtrfsRequests.TreeSearchHeadSize + BufferBytes);
    private TreeKey? _next = from;
    private int _left;
    private int _at;
    private int _length;

    /// <summary>The item's key.</summary>
    internal TreeKey Key { get; private set; }

    /// <summary>The item; good until the next step.</summary>
    internal ReadOnlySpan<byte> Data => _buffer.AsSpan(_at - _length, _length);

    /// <summary>Goes to the next item.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="PosixException">EPERM: CAP_SYS_ADMIN is missing.</exception>
    internal bool MoveNext()
    {
        if (_left == 0 && !Fill())
        {
            return false;
        }

        ReadOnlySpan<byte> header = _buffer.AsSpan(_at, BtrfsRequests.TreeSearchItemSize);
        _length = (int)BinaryPrimitives.ReadUInt32LittleEndian(header[28..]);
        Key = new TreeKey(
            BinaryPrimitives.ReadUInt64LittleEndian(header[8..]), (byte)BinaryPrimitives.ReadUInt32LittleEndian(header[24..]), BinaryPrimitives.ReadUInt64LittleEndian(header[16..]));
        _at += BtrfsRequests.TreeSearchItemSize + _length;
        _left--;
        _next = Key.Next;
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        _buffer = null;
    }

    private bool Fill()
    {
        ObjectDisposedException.ThrowIf(_buffer is null, this);
        if (_next is not { } start || start.CompareTo(to) > 0)
        {
            return false;
        }

        Span<byte> head = _buffer.AsSpan(0, BtrfsRequests.TreeSearchHeadSize);
        head.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(head, tree);
        BinaryPrimitives.WriteUInt64LittleEndian(head[8..], start.ObjectId);
        BinaryPrimitives.WriteUInt64LittleEndian(head[16..], to.ObjectId);
        BinaryPrimitives.WriteUInt64LittleEndian(head[24..], start.Offset);
        BinaryPrimitives.WriteUInt64LittleEndian(head[32..], to.Offset);
        BinaryPrimitives.WriteUInt64LittleEndian(head[40..], leastTransaction);
        BinaryPrimitives.WriteUInt64LittleEndian(head[48..], ulong.MaxValue);
        BinaryPrimitives.WriteUInt32LittleEndian(head[56..], start.Type);
        BinaryPrimitives.WriteUInt32LittleEndian(head[60..], to.Type);
        BinaryPrimitives.WriteUInt32LittleEndian(head[64..], uint.MaxValue);
        BinaryPrimitives.WriteUInt64LittleEndian(head[104..], BufferBytes);
        int result;
        do
        {
            result = Libc.Control(fileSystem, BtrfsRequests.TreeSearch, ref MemoryMarshal.GetArrayDataReference(_buffer));
        }
        while (result < 0 && Libc.LastError == Errno.EINTR);
        if (result < 0)
        {
            throw PosixException.Last("ioctl BTRFS_IOC_TREE_SEARCH_V2");
        }

        _left = (int)BinaryPrimitives.ReadUInt32LittleEndian(head[64..]);
        _at = BtrfsRequests.TreeSearchHeadSize;
        return _left > 0;
    }
}
