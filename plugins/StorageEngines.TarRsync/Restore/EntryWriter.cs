using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Manifests;

namespace StorageEngines.TarRsync.Restore;

/// <summary>Creates and repairs single names of a tree. Not thread-safe.</summary>
/// <param name="root">The tree.</param>
/// <param name="content">Writes files.</param>
/// <param name="warnings">Told what an unprivileged user cannot do; the rest goes on.</param>
internal sealed class EntryWriter(BeneathRoot root, ContentWriter content, RestoreWarnings warnings)
{
    private const uint SetIds = 0xC00;

    private readonly Dictionary<ulong, Leader> _leaders = [];

    /// <summary>Creates a name that is free. A directory's times are left for later, because what is put into it moves them.</summary>
    internal void Create(in ManifestEntry entry, CancellationToken cancellationToken)
    {
        ReadOnlySpan<byte> path = entry.Path.Span;
        switch (entry.Type)
        {
            case TreeEntryType.Directory:
                root.MakeDirectory(path);
                return;
            case TreeEntryType.File:
                CreateFile(in entry, cancellationToken);
                return;
            case TreeEntryType.SymbolicLink:
                if (!TryLink(in entry))
                {
                    root.MakeSymlink(path, entry.LinkTarget.Span);
                    Finish(in entry);
                }

                return;
            default:
                if (!TryLink(in entry) && TryMakeNode(in entry))
                {
                    Finish(in entry);
                }

                return;
        }
    }

    /// <summary>Makes a regular file that has another content equal in place; or anew, if it shares an inode with names that it should not.</summary>
    /// <param name="entry">What it should be.</param>
    /// <param name="live">What it is.</param>
    internal void Update(in ManifestEntry entry, in FileStatus live)
    {
        ReadOnlySpan<byte> path = entry.Path.Span;
        bool isFollower = entry.LinkCount > 1 && _leaders.TryGetValue(entry.Inode, out _);
        bool inPlace = !isFollower && live.LinkCount == entry.LinkCount && (entry.LinkCount == 1 || live.Inode == entry.Inode);
        if (!inPlace)
        {
            if (isFollower && IsLinked(in entry))
            {
                return;
            }

            root.Unlink(path);
            Create(in entry, CancellationToken.None);
            return;
        }

        using (SafeFileHandle file = root.OpenFileForWrite(path))
        {
            content.Update(file, in entry, isDevice: false);
        }

        Finish(in entry);
    }

    /// <summary>Notes that a name is as it should be, so that later names of the same file are linked to it.</summary>
    internal void Keep(in ManifestEntry entry) => Lead(in entry);

    /// <summary>Whether an unchanged-looking later name really is a link of the first one.</summary>
    internal bool IsLinked(in ManifestEntry entry)
    {
        if (entry.LinkCount < 2 || !_leaders.TryGetValue(entry.Inode, out Leader? leader))
        {
            return true;
        }

        return root.TryGetStatus(entry.Path.Span, out FileStatus own) && root.TryGetStatus(leader.Path, out FileStatus first)
            && own.Inode == first.Inode;
    }

    /// <summary>Sets owner, mode, attributes and times of a name that exists.</summary>
    internal void SetMetadata(in ManifestEntry entry)
    {
        ReadOnlySpan<byte> path = entry.Path.Span;
        if (!root.TryGetStatus(path, out FileStatus live))
        {
            throw new PosixException(Errno.ENOENT, "statx", path);
        }

        uint mode = entry.Mode;
        if ((live.UserId != entry.UserId || live.GroupId != entry.GroupId) && !TrySetOwner(in entry) && !live.IsDirectory && (mode & SetIds) != 0)
        {
            warnings.SetIdBits();
            mode &= ~SetIds;
        }

        SetAttributes(in entry);
        // A change of owner clears bits of the mode, and an ACL among the attributes sets some.
        if (entry.Type != TreeEntryType.SymbolicLink && (!root.TryGetStatus(path, out live) || live.Mode != mode))
        {
            root.SetMode(path, mode);
        }

        if (live.ModificationTime != entry.ModifiedAt)
        {
            root.SetTimes(path, null, entry.ModifiedAt);
        }
    }

    private void CreateFile(in ManifestEntry entry, CancellationToken cancellationToken)
    {
        if (TryLink(in entry))
        {
            return;
        }

        using (SafeFileHandle file = root.CreateFile(entry.Path.Span))
        {
            content.Fill(file, in entry, cancellationToken);
        }

        Finish(in entry);
    }

    private void Finish(in ManifestEntry entry)
    {
        SetMetadata(in entry);
        Lead(in entry);
    }

    private bool TryLink(in ManifestEntry entry)
    {
        if (entry.LinkCount < 2 || !_leaders.TryGetValue(entry.Inode, out Leader? leader))
        {
            return false;
        }

        root.HardLink(leader.Path, entry.Path.Span);
        Follow(entry.Inode, leader);
        return true;
    }

    private void Lead(in ManifestEntry entry)
    {
        if (entry.LinkCount < 2 || entry.Type == TreeEntryType.Directory)
        {
            return;
        }

        if (_leaders.TryGetValue(entry.Inode, out Leader? leader))
        {
            Follow(entry.Inode, leader);
        }
        else
        {
            _leaders[entry.Inode] = new Leader { Path = entry.Path.ToArray(), Missing = entry.LinkCount - 1 };
        }
    }

    private void Follow(ulong inode, Leader leader)
    {
        if (--leader.Missing == 0)
        {
            _leaders.Remove(inode);
        }
    }

    private void SetAttributes(in ManifestEntry entry)
    {
        ReadOnlySpan<byte> path = entry.Path.Span;
        IReadOnlyList<ExtendedAttribute> wanted = entry.Attributes ?? [];
        foreach (byte[] present in root.ListXattrs(path))
        {
            if (!wanted.Any(attribute => attribute.Name.Span.SequenceEqual(present)))
            {
                root.RemoveXattr(path, present);
            }
        }

        foreach (ExtendedAttribute attribute in wanted)
        {
            if (root.GetXattr(path, attribute.Name.Span) is not { } value || !attribute.Value.Span.SequenceEqual(value))
            {
                SetAttribute(path, attribute);
            }
        }
    }

    private void SetAttribute(ReadOnlySpan<byte> path, ExtendedAttribute attribute)
    {
        try
        {
            root.SetXattr(path, attribute.Name.Span, attribute.Value.Span);
        }
        catch (PosixException e) when (e.Errno is Errno.EPERM or Errno.EACCES && warnings.Tolerant && !attribute.Name.Span.StartsWith("user."u8))
        {
            warnings.Attribute(attribute.Name.Span);
        }
    }

    private bool TrySetOwner(in ManifestEntry entry)
    {
        try
        {
            root.SetOwner(entry.Path.Span, entry.UserId, entry.GroupId);
            return true;
        }
        catch (PosixException e) when (e.Errno is Errno.EPERM or Errno.EINVAL && warnings.Tolerant)
        {
            warnings.Owners();
            return false;
        }
    }

    private bool TryMakeNode(in ManifestEntry entry)
    {
        try
        {
            root.MakeNode(entry.Path.Span, (FileType)((int)entry.Type << 12), entry.Mode, entry.NodeMajor, entry.NodeMinor);
            return true;
        }
        catch (PosixException e) when (e.Errno == Errno.EPERM && entry.Type is TreeEntryType.BlockDevice or TreeEntryType.CharacterDevice)
        {
            warnings.Nodes(entry.Path.Span);
            return false;
        }
    }

    private sealed class Leader
    {
        internal required byte[] Path { get; init; }

        internal uint Missing { get; set; }
    }
}
