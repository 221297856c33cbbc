using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Native;

/// <summary>
/// Reads items of one of the file system's trees in the order of their keys, one search after the other, into one buffer; no item costs an allocation. Needs CAP_SYS_ADMIN. Not thread-safe.
/// Implements: ioctl BTRFS_IOC_TREE_SEARCH_V2, ioctl_btrfs(2).
/// </summary>
/// <param name="subvolume">Anything open in the subvolume, or on the file system if another tree is read; stays the caller's.</param>
/// <param name="bufferBytes">How much is read at a time; more than <see cref="LargestItem"/>. The kernel touches each page of it for each leaf, so that more is not better.</param>
/// <param name="tree">The tree; 0 is the one that <paramref name="subvolume"/> is in.</param>
internal sealed class TreeReader(SafeHandle subvolume, int bufferBytes = TreeReader.ForLookups, ulong tree = 0) : IDisposable
{
    /// <summary>A buffer for a few items.</summary>
    internal const int ForLookups = 96 << 10;

    /// <summary>A buffer for many.</summary>
    internal const int ForScans = 256 << 10;

    // A leaf of the largest kind; no item is larger.
    private const int LargestItem = 64 << 10;

    private byte[]? _buffer = ArrayPool<byte>.Shared.Rent(BtrfsRequests.TreeSearchHeadSize + bufferBytes);
    private TreeKey _to;
    private TreeKey? _next;
    private ulong _leastTransaction;
    private uint _most;
    private int _left;
    private int _at;
    private bool _isLast = true;

    /// <summary>Items read so far, by all searches.</summary>
    internal long Items { get; private set; }

    /// <summary>Searches begun so far.</summary>
    internal long Searches { get; private set; }

    /// <summary>Begins a search. Nothing is read yet.</summary>
    /// <param name="from">The first key.</param>
    /// <param name="to">The last key.</param>
    /// <param name="leastTransaction">Leaves that are older are left out; items of newer leaves may be older themselves.</param>
    /// <param name="most">The most items, if few are wanted.</param>
    internal void Seek(TreeKey from, TreeKey to, ulong leastTransaction = 0, uint most = uint.MaxValue)
    {
        (_next, _to, _leastTransaction, _most) = (from, to, leastTransaction, most);
        (_left, _isLast) = (0, false);
        Searches++;
    }

    /// <summary>Goes to the next item.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="PosixException">EPERM: CAP_SYS_ADMIN is missing.</exception>
    internal bool MoveNext(out TreeItem item)
    {
        if (_left == 0 && !Fill())
        {
            item = default;
            return false;
        }

        ReadOnlySpan<byte> header = _buffer.AsSpan(_at, BtrfsRequests.TreeSearchItemSize);
        int length = (int)BinaryPrimitives.ReadUInt32LittleEndian(header[28..]);
        item = new TreeItem(KeyAt(header), _buffer.AsSpan(_at + BtrfsRequests.TreeSearchItemSize, length));
        _at += BtrfsRequests.TreeSearchItemSize + length;
        _left--;
        Items++;
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_buffer is { } buffer)
        {
            _buffer = null;
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static TreeKey KeyAt(ReadOnlySpan<byte> header) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(header[8..]), (byte)BinaryPrimitives.ReadUInt32LittleEndian(header[24..]), BinaryPrimitives.ReadUInt64LittleEndian(header[16..]));

    private bool Fill()
    {
        ObjectDisposedException.ThrowIf(_buffer is null, this);
        if (_isLast || _next is not { } start || start.CompareTo(_to) > 0)
        {
            return false;
        }

        WriteHead(start);
        int result;
        do
        {
            result = Libc.Control(subvolume, BtrfsRequests.TreeSearch, ref MemoryMarshal.GetArrayDataReference(_buffer));
        }
        while (result < 0 && Libc.LastError == Errno.EINTR);
        if (result < 0)
        {
            throw PosixException.Last("ioctl BTRFS_IOC_TREE_SEARCH_V2");
        }

        _left = (int)BinaryPrimitives.ReadUInt32LittleEndian(_buffer.AsSpan(64));
        _at = BtrfsRequests.TreeSearchHeadSize;
        SeeEnd();
        return _left > 0;
    }

    private void WriteHead(TreeKey start)
    {
        Span<byte> head = _buffer.AsSpan(0, BtrfsRequests.TreeSearchHeadSize);
        head.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(head, tree);
        BinaryPrimitives.WriteUInt64LittleEndian(head[8..], start.ObjectId);
        BinaryPrimitives.WriteUInt64LittleEndian(head[16..], _to.ObjectId);
        BinaryPrimitives.WriteUInt64LittleEndian(head[24..], start.Offset);
        BinaryPrimitives.WriteUInt64LittleEndian(head[32..], _to.Offset);
        BinaryPrimitives.WriteUInt64LittleEndian(head[40..], _leastTransaction);
        BinaryPrimitives.WriteUInt64LittleEndian(head[48..], ulong.MaxValue);
        BinaryPrimitives.WriteUInt32LittleEndian(head[56..], start.Type);
        BinaryPrimitives.WriteUInt32LittleEndian(head[60..], _to.Type);
        BinaryPrimitives.WriteUInt32LittleEndian(head[64..], _most);
        BinaryPrimitives.WriteUInt64LittleEndian(head[104..], (ulong)bufferBytes);
    }

    // The kernel stops when the range ends, when it has as many as were asked for, or when the next item does not fit. If the largest item would still fit, that was all.
    private void SeeEnd()
    {
        int end = _at;
        TreeKey? last = null;
        for (int i = 0; i < _left; i++)
        {
            ReadOnlySpan<byte> header = _buffer.AsSpan(end, BtrfsRequests.TreeSearchItemSize);
            end += BtrfsRequests.TreeSearchItemSize + (int)BinaryPrimitives.ReadUInt32LittleEndian(header[28..]);
            last = i == _left - 1 ? KeyAt(header) : null;
        }

        _next = last?.Next;
        _isLast = _left >= _most || BtrfsRequests.TreeSearchHeadSize + bufferBytes - end > LargestItem + BtrfsRequests.TreeSearchItemSize;
    }
}
