using StorageEngines.RemoteTrees;

namespace StorageEngines.Btrfs.Changes;

/// <summary>What the reducer needs to know of an entry of a snapshot: statx(2) gives it.</summary>
/// <param name="Type">Its type.</param>
/// <param name="Inode">Its inode number.</param>
/// <param name="Links">Number of its names; 1 for directories.</param>
/// <param name="SizeBytes">Size in bytes; counts for regular files.</param>
/// <param name="Mode">Permission bits, 0 to 07777.</param>
/// <param name="UserId">The owner.</param>
/// <param name="GroupId">The group.</param>
/// <param name="ModifiedAt">mtime.</param>
/// <param name="Device">The numbers of a device, major in the upper 32 bits; 0 for what is no device.</param>
internal readonly record struct KnownEntry(
    TreeEntryType Type, ulong Inode, uint Links, long SizeBytes, uint Mode, uint UserId, uint GroupId, UnixTime ModifiedAt, ulong Device)
{
    /// <summary>What stat told on another host.</summary>
    internal static KnownEntry Of(in StatEntry entry)
        => new(entry.Type, entry.Inode, entry.Links, entry.SizeBytes, entry.Mode, entry.UserId, entry.GroupId, entry.ModifiedAt, entry.Device);
}
