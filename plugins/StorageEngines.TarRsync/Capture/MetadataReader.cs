using StorageEngines.Posix;
using StorageEngines.TarRsync.Manifests;

namespace StorageEngines.TarRsync.Capture;

/// <summary>Turns what the system says of a file into an entry of a manifest.</summary>
internal static class MetadataReader
{
    /// <summary>An entry without path, attributes, link target and data.</summary>
    /// <param name="status">The file's status.</param>
    internal static ManifestEntry Entry(in FileStatus status) => new()
    {
        Type = (TreeEntryType)((int)status.Type >> 12),
        Mode = status.Mode,
        UserId = status.UserId,
        GroupId = status.GroupId,
        Size = status.IsRegular || status.IsSymlink ? status.Size : 0,
        ModifiedAt = status.ModificationTime,
        ChangedAt = status.ChangeTime,
        BirthTime = status.BirthTime,
        Inode = status.Inode,
        LinkCount = status.LinkCount,
        NodeMajor = status.Type is FileType.BlockDevice or FileType.CharacterDevice ? status.NodeMajor : 0,
        NodeMinor = status.Type is FileType.BlockDevice or FileType.CharacterDevice ? status.NodeMinor : 0,
    };

    /// <summary>
    /// Says whether a file is as it was: type, size, mtime and ctime in nanoseconds, inode, and to be sure mode and owner. A device number is left out,
    /// because it may change when the machine starts again; all of a volume is on one file system. Stores through a shared mapping to a page that is dirty
    /// already move no time and are not seen; docs/change-detection.md has this and the other holes.
    /// </summary>
    internal static bool IsUnchanged(in ManifestEntry before, in FileStatus now)
        => before.ChangedAt == now.ChangeTime
            && before.Inode == now.Inode
            && before.ModifiedAt == now.ModificationTime
            && before.Type == (TreeEntryType)((int)now.Type >> 12)
            && before.Mode == now.Mode
            && before.UserId == now.UserId
            && before.GroupId == now.GroupId
            && before.LinkCount == now.LinkCount
            && (before.Size == now.Size || before.Type is not (TreeEntryType.File or TreeEntryType.SymbolicLink))
            && !before.ChangedWhileRead;

    /// <summary>Says whether a file held still between two looks.</summary>
    internal static bool HeldStill(in FileStatus before, in FileStatus after)
        => before.ChangeTime == after.ChangeTime && before.ModificationTime == after.ModificationTime
            && before.Size == after.Size && before.Inode == after.Inode;

    /// <summary>All extended attributes that this user may see, ordered by name; null for none. Implements: listxattr(2), getxattr(2).</summary>
    /// <exception cref="PosixException">They cannot be read.</exception>
    internal static IReadOnlyList<ExtendedAttribute>? Attributes(DirectoryHandle directory, ReadOnlySpan<byte> name)
    {
        IReadOnlyList<byte[]> names = Xattr.List(directory, name);
        if (names.Count == 0)
        {
            return null;
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
