using System.Buffers.Binary;
using StorageEngines.Zfs.Streams;

namespace StorageEngines.Zfs.Differences;

/// <summary>
/// What is stored beside a file or directory, as far as it is needed here. The attributes of every file begin in the order in which it was made with them
/// (<c>zfs_mknode</c> in module/os/linux/zfs/zfs_znode_os.c): those that come later are appended.
/// </summary>
/// <param name="Generation">The transaction group that it was made in, where it was made.</param>
/// <param name="Parent">The object of the directory it was last linked in; of the root itself.</param>
/// <param name="Flags">Its flags.</param>
/// <param name="ChangedSeconds">ctime, in seconds since 1970.</param>
/// <param name="Links">Number of its names; of a directory, what stat tells.</param>
internal readonly record struct NodeAttributes(ulong Generation, ulong Parent, ulong Flags, long ChangedSeconds, ulong Links)
{
    private const uint Magic = 0x2F505A;
    private const uint SystemAttributes = 44; // DMU_OT_SA
    private const ulong ExtendedAttribute = 1; // ZFS_XATTR
    private const int Needed = 128;

    /// <summary>Whether it is part of an extended attribute, and in no directory that can be seen.</summary>
    internal bool IsHidden => (Flags & ExtendedAttribute) != 0;

    /// <summary>Whether it has no name any more, and is only there until it is closed.</summary>
    internal bool IsUnlinked => Links == 0;

    /// <summary>Reads the payload of an OBJECT record; null if it is of another kind (file systems older than version 5).</summary>
    /// <param name="record">The record.</param>
    /// <param name="bonus">Its payload.</param>
    /// <param name="swapped">Whether its numbers are in the other byte order than this machine's.</param>
    internal static NodeAttributes? TryRead(ZfsRecordView record, ReadOnlySpan<byte> bonus, bool swapped)
    {
        if (record.U32(20) != SystemAttributes || bonus.Length < 8 || Number32(bonus, 0, swapped) != Magic)
        {
            return null;
        }

        ushort layout = BitConverter.ToUInt16(bonus[4..]);
        int header = ((swapped ? BinaryPrimitives.ReverseEndianness(layout) : layout) >> 10) << 3;
        if (header < 8 || header + Needed > bonus.Length)
        {
            return null;
        }

        ReadOnlySpan<byte> values = bonus[header..];
        bool isDirectory = (Number(values, 0, swapped) & 0xF000) == 0x4000;
        return isDirectory == (record.U32(16) == ChangedObject.Directory)
            ? new NodeAttributes(Number(values, 16, swapped), Number(values, 40, swapped), Number(values, 48, swapped), (long)Number(values, 88, swapped), Number(values, 120, swapped))
            : null;
    }

    private static uint Number32(ReadOnlySpan<byte> bytes, int at, bool swapped)
        => BitConverter.ToUInt32(bytes[at..]) is var number && swapped ? BinaryPrimitives.ReverseEndianness(number) : number;

    private static ulong Number(ReadOnlySpan<byte> bytes, int at, bool swapped)
        => BitConverter.ToUInt64(bytes[at..]) is var number && swapped ? BinaryPrimitives.ReverseEndianness(number) : number;
}
