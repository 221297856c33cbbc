using System.Buffers.Binary;

namespace StorageEngines.Btrfs.Native;

/// <summary>What the file system knows of a subvolume.</summary>
/// <param name="Id">Its tree's id; 5 is the top level.</param>
/// <param name="ParentId">The id of the subvolume that holds its name; 0 for the top level, and for one that was deleted.</param>
/// <param name="DirectoryId">The inode of the directory that holds its name.</param>
/// <param name="Name">Its name there.</param>
/// <param name="Uuid">Its uuid; empty for the top level of an old file system.</param>
/// <param name="ParentUuid">The uuid of what it is a snapshot of; empty if it is none.</param>
/// <param name="ReceivedUuid">The uuid that the sender had; empty if it was not received.</param>
/// <param name="IsReadOnly">Whether it is read-only.</param>
/// <param name="ChangeTransaction">The transaction of its last change (ctransid).</param>
/// <param name="OriginTransaction">The transaction it was made in (otransid). Grows from one snapshot of a volume to the next.</param>
/// <param name="CreatedAt">When it was made, by the file system's clock.</param>
internal sealed record SubvolumeDetails(
    ulong Id, ulong ParentId, ulong DirectoryId, byte[] Name, Guid Uuid, Guid ParentUuid, Guid ReceivedUuid, bool IsReadOnly, ulong ChangeTransaction,
    ulong OriginTransaction, UnixTime CreatedAt)
{
    private const int RootItemMinimum = 359; // up to and with otime; older ones lack uuids
    private const int NameOffset = 18;

    /// <summary>The transaction that the sender told (stransid); 0 if it was not received.</summary>
    internal ulong SentTransaction { get; init; }

    /// <summary>The uuid by which streams name it: that of the first sender if it was received.</summary>
    internal Guid StreamUuid => ReceivedUuid == Guid.Empty ? Uuid : ReceivedUuid;

    /// <summary>The transaction by which streams name it.</summary>
    internal ulong StreamTransaction => ReceivedUuid == Guid.Empty ? ChangeTransaction : SentTransaction;

    /// <summary>The transaction in which its tree was last written. A balance lifts it too, so that it tells nothing about changes.</summary>
    internal ulong Generation { get; init; }

    /// <summary>Nobody wrote to it after it was cut. A received one is written after it is made, which is no fault.</summary>
    internal bool IsPristine => IsReadOnly && (ReceivedUuid != Guid.Empty || ChangeTransaction <= OriginTransaction);

    /// <summary>Reads struct btrfs_ioctl_get_subvol_info_args.</summary>
    internal static SubvolumeDetails FromInfo(ReadOnlySpan<byte> info)
    {
        ReadOnlySpan<byte> name = info.Slice(8, 256);
        int end = name.IndexOf((byte)0);
        return new SubvolumeDetails(
            Number(info, 0), Number(info, 264), Number(info, 272), name[..(end < 0 ? name.Length : end)].ToArray(), Uuid16(info, 296), Uuid16(info, 312),
            Uuid16(info, 328), (Number(info, 288) & 1) != 0, Number(info, 344), Number(info, 352), Time(info, 392))
        {
            SentTransaction = Number(info, 360),
            Generation = Number(info, 280),
        };
    }

    /// <summary>Reads a ROOT_ITEM; null if it has no references any more, or is older than uuids.</summary>
    internal static SubvolumeDetails? FromRootItem(ulong id, ReadOnlySpan<byte> item)
    {
        if (item.Length < RootItemMinimum || BinaryPrimitives.ReadUInt32LittleEndian(item[216..]) == 0)
        {
            return null;
        }

        return new SubvolumeDetails(
            id, 0, 0, [], Uuid16(item, 247), Uuid16(item, 263), Uuid16(item, 279), (Number(item, 208) & 1) != 0, Number(item, 295), Number(item, 303),
            Time(item, 339))
        {
            SentTransaction = Number(item, 311),
            Generation = Number(item, 160),
        };
    }

    /// <summary>This subvolume with the name that a ROOT_BACKREF gives it.</summary>
    /// <param name="parentId">The reference's key.</param>
    /// <param name="item">The reference.</param>
    /// <returns>This one if the reference is cut off.</returns>
    internal SubvolumeDetails Named(ulong parentId, ReadOnlySpan<byte> item)
    {
        int length = item.Length >= NameOffset ? BinaryPrimitives.ReadUInt16LittleEndian(item[16..]) : int.MaxValue;
        return length <= item.Length - NameOffset
            ? this with { ParentId = parentId, DirectoryId = Number(item, 0), Name = item.Slice(NameOffset, length).ToArray() }
            : this;
    }

    private static ulong Number(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);

    private static Guid Uuid16(ReadOnlySpan<byte> bytes, int at) => new(bytes.Slice(at, 16), bigEndian: true);

    private static UnixTime Time(ReadOnlySpan<byte> bytes, int at)
        => new(BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]), (int)(BinaryPrimitives.ReadUInt32LittleEndian(bytes[(at + 8)..]) % 1_000_000_000));
}
