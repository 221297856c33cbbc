using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Native;

/// <summary>The items that one search found, in a buffer that is used again and again. Not thread-safe. Implements: ioctl BTRFS_IOC_TREE_SEARCH_V2, ioctl_btrfs(2).</summary>
/// <param name="bytes">How much is read at a time; more than <see cref="LargestItem"/>. The kernel touches each page of it for each leaf, so that more is not better.</param>
internal sealed class TreeBuffer(int bytes) : IDisposable
{
    // A leaf of the largest kind; no item is larger.
    private const int LargestItem = 64 << 10;

    private byte[]? _bytes = ArrayPool<byte>.Shared.Rent(BtrfsRequests.TreeSearchHeadSize + bytes);
    private int _left;
    private int _at;

    /// <summary>Where the next search goes on; null if this was the last.</summary>
    internal TreeKey? Next { get; private set; }

    /// <summary>Searches.</summary>
    /// <param name="subvolume">Anything open in the subvolume, or on the file system if another tree is read.</param>
    /// <param name="range">What is looked for.</param>
    /// <param name="start">Where to begin in it.</param>
    /// <exception cref="PosixException">EPERM: CAP_SYS_ADMIN is missing.</exception>
    internal void Fill(SafeHandle subvolume, in TreeRange range, TreeKey start)
    {
        ObjectDisposedException.ThrowIf(_bytes is null, this);
        WriteHead(range, start);
        int result;
        do
        {
            result = Libc.Control(subvolume, BtrfsRequests.TreeSearch, ref MemoryMarshal.GetArrayDataReference(_bytes));
        }
        while (result < 0 && Libc.LastError == Errno.EINTR);
        if (result < 0)
        {
            throw PosixException.Last("ioctl BTRFS_IOC_TREE_SEARCH_V2");
        }

        _left = (int)BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(64));
        _at = BtrfsRequests.TreeSearchHeadSize;
        SeeEnd(in range);
    }

    /// <summary>Forgets the items that are left.</summary>
    internal void Clear() => (_left, Next) = (0, null);

    /// <summary>Goes to the next item.</summary>
    /// <returns>False if there is none in the buffer.</returns>
    internal bool MoveNext(out TreeItem item)
    {
        if (_left == 0)
        {
            item = default;
            return false;
        }

        ReadOnlySpan<byte> header = _bytes.AsSpan(_at, BtrfsRequests.TreeSearchItemSize);
        int length = (int)BinaryPrimitives.ReadUInt32LittleEndian(header[28..]);
        item = new TreeItem(KeyAt(header), _bytes.AsSpan(_at + BtrfsRequests.TreeSearchItemSize, length));
        _at += BtrfsRequests.TreeSearchItemSize + length;
        _left--;
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_bytes is { } buffer)
        {
            _bytes = null;
            _left = 0;
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static TreeKey KeyAt(ReadOnlySpan<byte> header) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(header[8..]), (byte)BinaryPrimitives.ReadUInt32LittleEndian(header[24..]), BinaryPrimitives.ReadUInt64LittleEndian(header[16..]));

    private void WriteHead(in TreeRange range, TreeKey start)
    {
        Span<byte> head = _bytes.AsSpan(0, BtrfsRequests.TreeSearchHeadSize);
        head.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(head, range.Tree);
        BinaryPrimitives.WriteUInt64LittleEndian(head[8..], start.ObjectId);
        BinaryPrimitives.WriteUInt64LittleEndian(head[16..], range.To.ObjectId);
        BinaryPrimitives.WriteUInt64LittleEndian(head[24..], start.Offset);
        BinaryPrimitives.WriteUInt64LittleEndian(head[32..], range.To.Offset);
        BinaryPrimitives.WriteUInt64LittleEndian(head[40..], range.LeastTransaction);
        BinaryPrimitives.WriteUInt64LittleEndian(head[48..], ulong.MaxValue);
        BinaryPrimitives.WriteUInt32LittleEndian(head[56..], start.Type);
        BinaryPrimitives.WriteUInt32LittleEndian(head[60..], range.To.Type);
        BinaryPrimitives.WriteUInt32LittleEndian(head[64..], range.Most);
        BinaryPrimitives.WriteUInt64LittleEndian(head[104..], (ulong)bytes);
    }

    // The kernel stops when the range ends, when it has as many as were asked for, or when the next item does not fit. If the largest item would still fit, that was all.
    private void SeeEnd(in TreeRange range)
    {
        int end = _at, last = _at;
        for (int i = 0; i < _left; i++)
        {
            last = end;
            end += BtrfsRequests.TreeSearchItemSize + (int)BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(end + 28, 4));
        }

        bool isAll = _left == 0 || _left >= range.Most || BtrfsRequests.TreeSearchHeadSize + bytes - end > LargestItem + BtrfsRequests.TreeSearchItemSize;
        Next = isAll ? null : KeyAt(_bytes.AsSpan(last, BtrfsRequests.TreeSearchItemSize)).Next;
        Next = Next is { } next && next.CompareTo(range.To) <= 0 ? next : null;
    }
}
