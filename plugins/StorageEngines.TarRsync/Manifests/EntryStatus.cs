using System.Buffers.Binary;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Manifests;

/// <summary>
/// What the quick check compares of an entry, as bytes. The SHA-256 over the entries of a frame tells whether all of them are unchanged without unpacking
/// the frame; see docs/store-format.md for the layout.
/// </summary>
internal static class EntryStatus
{
    /// <summary>Bytes of an entry besides its path.</summary>
    internal const int FixedSize = 64;

    /// <summary>Appends an entry of a manifest.</summary>
    internal static void Append(ByteBuffer output, in ManifestEntry entry)
    {
        Span<byte> bytes = Begin(output, entry.Path.Span, ((uint)entry.Type << 12) | entry.Mode, entry.UserId, entry.GroupId);
        Finish(bytes, entry.LinkCount, entry.Size, entry.Inode, entry.ModifiedAt, entry.ChangedAt);
    }

    /// <summary>Appends a file as it is now.</summary>
    internal static void Append(ByteBuffer output, ReadOnlySpan<byte> path, in FileStatus status)
    {
        Span<byte> bytes = Begin(output, path, (uint)status.Type | status.Mode, status.UserId, status.GroupId);
        long size = status.IsRegular || status.IsSymlink ? status.Size : 0;
        Finish(bytes, status.LinkCount, size, status.Inode, status.ModificationTime, status.ChangeTime);
    }

    /// <summary>The fingerprint of what was appended.</summary>
    internal static Sum128 Sum(ReadOnlySpan<byte> entries)
    {
        Span<byte> hash = stackalloc byte[Sha256Sum.Size];
        Sha256Sum.Of(entries, default, hash);
        return Sum128.Read(hash);
    }

    private static Span<byte> Begin(ByteBuffer output, ReadOnlySpan<byte> path, uint mode, uint user, uint group)
    {
        Span<byte> bytes = output.Extend(FixedSize + path.Length);
        path.CopyTo(bytes[FixedSize..]);
        BinaryPrimitives.WriteInt32LittleEndian(bytes, path.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], mode);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], user);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[12..], group);
        return bytes;
    }

    private static void Finish(Span<byte> bytes, uint links, long size, ulong inode, PosixTime modified, PosixTime changed)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], links);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[24..], size);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[32..], inode);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[40..], modified.Seconds);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[48..], changed.Seconds);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[56..], modified.Nanoseconds);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[60..], changed.Nanoseconds);
    }
}
