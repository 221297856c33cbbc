using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;

namespace StorageEngines.Portable.Trees;

/// <content>Owner, mode, attributes and times: on the file that is open, or by name.</content>
internal sealed partial class TreeWriter
{
    private const uint SetIds = 0xC00;
    private const uint ModeBits = 0xFFF;

    private BytePath? _foreign;

    /// <summary>Sets the owner; told once and left out where that needs root.</summary>
    internal void SetOwner(ReadOnlySpan<byte> path, uint user, uint group)
    {
        SafeFileHandle? open = Opened(path);
        if ((open is not null || !IsRoot) && IsOwner(path, open, user, group))
        {
            return;
        }

        Forget(open);
        try
        {
            if (open is not null)
            {
                HandleAttributes.SetOwner(open, user, group, path);
            }
            else
            {
                root.SetOwner(path, user, group);
            }
        }
        catch (PosixException e) when (e.Errno is Errno.EPERM or Errno.EINVAL && !IsRoot)
        {
            warnings.Owners();
            _foreign = new BytePath(path.ToArray());
        }
    }

    /// <summary>Sets the mode; without the bits that lend the owner's rights if the owner is not the one it should be.</summary>
    internal void SetMode(ReadOnlySpan<byte> path, uint mode)
    {
        if ((mode & SetIds) != 0 && _foreign is { } foreign && path.SequenceEqual(foreign.Span) && !IsDirectory(path))
        {
            warnings.SetIdBits();
            mode &= ~SetIds;
        }

        if (Opened(path) is { } open)
        {
            if (((_made?.Mode ?? FileStatus.Get(open).Mode) & ModeBits) != (mode & ModeBits))
            {
                Forget(open);
                HandleAttributes.SetMode(open, mode, path);
            }

            return;
        }

        Forget(null);

        if (_opened.Count > 0 && root.TryGetStatus(path, out FileStatus status))
        {
            _opened.Remove(status.Inode);
        }

        root.SetMode(path, mode);
    }

    /// <summary>Sets an attribute. Left out, and told once: Btrfs's own on other file systems, and privileged ones without root.</summary>
    internal void SetXattr(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Forget(Opened(path));
        try
        {
            if (IsRoot || !root.TryGetStatus(path, out FileStatus status) || !status.IsRegular || (status.Mode & 0x80) != 0)
            {
                root.SetXattr(path, name, value);
                return;
            }

            // An attribute of the owner's own read-only file, as root could set it.
            root.SetMode(path, status.Mode | 0x80);
            root.SetXattr(path, name, value);
            root.SetMode(path, status.Mode);
        }
        catch (PosixException e) when (MayBeLeftOut(e, name))
        {
            warnings.Attribute(name, e);
        }
    }

    /// <summary>Removes an attribute; nothing happens if it is not there.</summary>
    internal void RemoveXattr(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name)
    {
        Forget(Opened(path));
        try
        {
            root.RemoveXattr(path, name);
        }
        catch (PosixException e) when (MayBeLeftOut(e, name))
        {
            warnings.Attribute(name, e);
        }
    }

    /// <summary>Sets both times; the last thing done to a name.</summary>
    internal void SetTimes(ReadOnlySpan<byte> path, UnixTime access, UnixTime modification)
    {
        var read = new PosixTime(access.Seconds, access.Nanoseconds);
        var written = new PosixTime(modification.Seconds, modification.Nanoseconds);
        if (Opened(path) is { } open)
        {
            HandleAttributes.SetTimes(open, read, written, path);
        }
        else
        {
            root.SetTimes(path, read, written);
        }
    }

    private static bool MayBeLeftOut(PosixException e, ReadOnlySpan<byte> name)
        => (e.Errno == Errno.EOPNOTSUPP && name.StartsWith("btrfs."u8)) || (!IsRoot && e.Errno is Errno.EPERM or Errno.EACCES && !name.StartsWith("user."u8));

    private bool IsOwner(ReadOnlySpan<byte> path, SafeFileHandle? open, uint user, uint group)
    {
        if (open is not null)
        {
            BirthAttributes.Attributes own = _made ?? new(FileStatus.Get(open));
            return own.UserId == user && own.GroupId == group;
        }

        return root.TryGetStatus(path, out FileStatus status) && status.UserId == user && status.GroupId == group;
    }

    /// <summary>The attributes of a name change: those of the open file are not the ones it was made with any more, or a directory gives others to what is made in it.</summary>
    private void Forget(SafeFileHandle? open)
    {
        _made = null;
        if (open is null)
        {
            _births.Forget();
        }
    }

    private bool IsDirectory(ReadOnlySpan<byte> path) => root.TryGetStatus(path, out FileStatus status) && status.IsDirectory;
}
