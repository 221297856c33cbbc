using StorageEngines.Btrfs.Changes;
using StorageEngines.Btrfs.Native;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Reading;

/// <summary>Makes the contract's entries of what the system says. Implements: statx(2), readlinkat(2), listxattr(2), getxattr(2).</summary>
internal static class TreeEntries
{
    /// <summary>Whether an entry is the empty directory that stands for a nested subvolume, which is not in the snapshot.</summary>
    internal static bool IsStub(in FileStatus status) => status.IsDirectory && status.Inode == BtrfsRequests.NestedStub;

    /// <summary>The entry of a name.</summary>
    /// <param name="path">Its path in the snapshot.</param>
    /// <param name="directory">The open directory that holds it.</param>
    /// <param name="name">Its name there; <c>.</c> for the directory itself.</param>
    /// <param name="status">Its status.</param>
    internal static TreeEntry Make(BytePath path, DirectoryHandle directory, ReadOnlySpan<byte> name, in FileStatus status)
    {
        bool isDevice = status.Type is FileType.BlockDevice or FileType.CharacterDevice;
        return new TreeEntry(
            path, (TreeEntryType)((int)status.Type >> 12), (int)status.Mode, status.UserId, status.GroupId,
            status.IsRegular || status.IsSymlink ? status.Size : 0, Time(status.ModificationTime))
        {
            LinkTarget = status.IsSymlink ? directory.ReadLink(name) : default,
            DeviceMajor = isDevice ? status.NodeMajor : 0,
            DeviceMinor = isDevice ? status.NodeMinor : 0,
            FileId = status.Inode,
            LinkCount = status.LinkCount,
            ChangedAt = Time(status.ChangeTime),
            Attributes = Attributes(directory, name),
        };
    }

    /// <summary>The entry of a name of which only the status is known.</summary>
    internal static TreeEntry Of(BytePath path, in KnownEntry known)
        => new(path, known.Type, (int)known.Mode, known.UserId, known.GroupId, known.SizeBytes, known.ModifiedAt)
        {
            DeviceMajor = (uint)(known.Device >> 32),
            DeviceMinor = (uint)(known.Device & uint.MaxValue),
            FileId = known.Inode,
            LinkCount = known.Links,
        };

    private static UnixTime Time(PosixTime time) => new(time.Seconds, time.Nanoseconds);

    private static IReadOnlyList<ExtendedAttribute> Attributes(DirectoryHandle directory, ReadOnlySpan<byte> name)
    {
        IReadOnlyList<byte[]> names = Xattr.List(directory, name);
        if (names.Count == 0)
        {
            return [];
        }

        List<ExtendedAttribute> attributes = new(names.Count);
        foreach (byte[] attribute in names.Order(Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b))))
        {
            if (Xattr.Get(directory, name, attribute) is { } value)
            {
                attributes.Add(new ExtendedAttribute(attribute, value));
            }
        }

        return attributes;
    }
}
