using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace StorageEngines.Posix;

/// <summary>
/// Reads the inodes of an XFS in the order of their numbers, one allocation group after the other, many per call. One group at a time; groups can be read
/// side by side by several readers. Needs CAP_SYS_ADMIN.
/// </summary>
/// <param name="anywhere">A directory of the file system, open.</param>
internal sealed class XfsBulkReader(SafeHandle anywhere)
{
    private const nuint BulkStat = 0x8040587F; // XFS_IOC_BULKSTAT: _IOR('X', 127, struct xfs_bulkstat_req)
    private const int PerCall = 2048;
    private const int Header = 64; // struct xfs_bulk_ireq: ino 8, flags 4, icount 4, ocount 4, agno 4, reserved
    private const uint OneGroup = 1; // XFS_BULK_IREQ_AGNO
    private readonly byte[] _buffer = new byte[Header + (PerCall * XfsBulkStatus.SizeOf)];
    private int _count;

    /// <summary>What the last call of <see cref="TryRead"/> found, in the order of the numbers; none at the group's end.</summary>
    internal ReadOnlySpan<XfsBulkStatus> Found => MemoryMarshal.Cast<byte, XfsBulkStatus>(_buffer.AsSpan(Header, _count * XfsBulkStatus.SizeOf));

    /// <summary>Goes to the start of a group.</summary>
    internal void GoTo(uint group)
    {
        Span<byte> header = _buffer.AsSpan(0, Header);
        header.Clear();
        MemoryMarshal.Write(header[8..], OneGroup);
        MemoryMarshal.Write(header[12..], PerCall);
        MemoryMarshal.Write(header[20..], group);
    }

    /// <summary>Reads the next inodes of the group. Implements: ioctl_xfs_bulkstat(2), XFS_IOC_BULKSTAT.</summary>
    /// <returns>False if there is no such group.</returns>
    /// <exception cref="PosixException">EPERM: not allowed. ENOTTY: no XFS, or older than Linux 5.3. EINVAL on the first group: an id-mapped mount.</exception>
    internal bool TryRead()
    {
        bool isStart = BinaryPrimitives.ReadUInt64LittleEndian(_buffer) == 0;
        uint group = MemoryMarshal.Read<uint>(_buffer.AsSpan(20));
        _count = 0;
        if (Libc.ControlBuffer(anywhere, BulkStat, ref _buffer[0]) != 0)
        {
            return isStart && group > 0 && Libc.LastError == Errno.EINVAL ? false : throw PosixException.Last("ioctl XFS_IOC_BULKSTAT");
        }

        int count = MemoryMarshal.Read<int>(_buffer.AsSpan(16));
        _count = count is >= 0 and <= PerCall
            ? count
            : throw new PosixException(Errno.EINVAL, "ioctl XFS_IOC_BULKSTAT", default, $"the kernel told {count} inodes where {PerCall} fit");
        return true;
    }
}

internal static partial class Libc
{
    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int ControlBuffer(SafeHandle file, nuint request, ref byte argument);
}
