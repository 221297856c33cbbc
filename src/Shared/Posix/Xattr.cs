using System.Buffers.Text;
using System.Runtime.InteropServices;

namespace StorageEngines.Posix;

/// <summary>
/// Extended attributes of a name in a directory, for every type of file and never through a symbolic link.
/// The name is reached as <c>/proc/self/fd/N/name</c>, so /proc must be mounted. Implements: listxattr(2), getxattr(2), setxattr(2), removexattr(2).
/// </summary>
internal static class Xattr
{
    private const int MaximumValue = 65536; // XATTR_SIZE_MAX
    private const int PathScratch = 320;

    /// <summary>The attribute names; empty also where the file system has no attributes.</summary>
    /// <exception cref="PosixException">They cannot be listed.</exception>
    internal static IReadOnlyList<byte[]> List(SafeHandle directory, ReadOnlySpan<byte> name)
    {
        using Place place = new(directory, name, stackalloc byte[PathScratch]);
        Span<byte> buffer = stackalloc byte[1024];
        nint length = Libc.ListXattr(place.Path, ref buffer[0], buffer.Length);
        while (length < 0 && Libc.LastError == Errno.ERANGE)
        {
            buffer = new byte[MaximumValue]; // XATTR_LIST_MAX is the same
            length = Libc.ListXattr(place.Path, ref buffer[0], buffer.Length);
        }
        if (length < 0)
            return Libc.LastError == Errno.EOPNOTSUPP ? [] : throw Failed("listxattr", name);
        return length == 0 ? [] : Split(buffer[..(int)length]);
    }

    /// <summary>The value, or null when the attribute does not exist.</summary>
    /// <exception cref="PosixException">It cannot be read.</exception>
    internal static byte[]? Get(SafeHandle directory, ReadOnlySpan<byte> name, ReadOnlySpan<byte> attribute)
    {
        using Place place = new(directory, name, stackalloc byte[PathScratch]);
        using CString key = new(attribute, stackalloc byte[CString.NameScratch]);
        Span<byte> buffer = stackalloc byte[1024];
        nint length = Libc.GetXattr(place.Path, key.Bytes, ref buffer[0], buffer.Length);
        if (length < 0 && Libc.LastError == Errno.ERANGE)
        {
            buffer = new byte[MaximumValue];
            length = Libc.GetXattr(place.Path, key.Bytes, ref buffer[0], buffer.Length);
        }
        if (length < 0)
            return Libc.LastError == Errno.ENODATA ? null : throw Failed("getxattr", name);
        return buffer[..(int)length].ToArray();
    }

    /// <summary>Creates or replaces an attribute.</summary>
    /// <exception cref="PosixException">It cannot be set, for instance user.* on a symbolic link (EPERM).</exception>
    internal static void Set(SafeHandle directory, ReadOnlySpan<byte> name, ReadOnlySpan<byte> attribute, ReadOnlySpan<byte> value)
    {
        using Place place = new(directory, name, stackalloc byte[PathScratch]);
        using CString key = new(attribute, stackalloc byte[CString.NameScratch]);
        if (Libc.SetXattr(place.Path, key.Bytes, value, value.Length, 0) != 0)
            throw Failed("setxattr", name);
    }

    /// <summary>Removes an attribute; false when there was none.</summary>
    /// <exception cref="PosixException">It cannot be removed.</exception>
    internal static bool Remove(SafeHandle directory, ReadOnlySpan<byte> name, ReadOnlySpan<byte> attribute)
    {
        using Place place = new(directory, name, stackalloc byte[PathScratch]);
        using CString key = new(attribute, stackalloc byte[CString.NameScratch]);
        if (Libc.RemoveXattr(place.Path, key.Bytes) == 0)
            return true;
        return Libc.LastError == Errno.ENODATA ? false : throw Failed("removexattr", name);
    }

    private static List<byte[]> Split(ReadOnlySpan<byte> list)
    {
        List<byte[]> names = [];
        while (!list.IsEmpty)
        {
            int end = list.IndexOf((byte)0);
            names.Add(list[..end].ToArray());
            list = list[(end + 1)..];
        }
        return names;
    }

    // Without /proc every file would seem to have vanished, and a caller would skip it: say so instead.
    private static PosixException Failed(string operation, ReadOnlySpan<byte> name)
    {
        int errno = Libc.LastError;
        return errno == Errno.ENOENT && !Directory.Exists("/proc/self/fd")
            ? new PosixException(Errno.ENODEV, operation, name, "/proc is not mounted; extended attributes need it")
            : new PosixException(errno, operation, name);
    }

    /// <summary>The path through /proc, and the directory kept open while it is in use.</summary>
    private ref struct Place : IDisposable
    {
        private readonly SafeHandle _directory;
        private CString _path;

        internal Place(SafeHandle directory, ReadOnlySpan<byte> name, Span<byte> scratch)
        {
            if (name is not [(byte)'.'])
                PathRules.CheckName(name, "xattr");
            Span<byte> text = stackalloc byte[PathScratch];
            if (name.Length > 255)
                throw new PosixException(Errno.ENAMETOOLONG, "xattr", name);
            bool added = false;
            directory.DangerousAddRef(ref added);
            _directory = directory;
            int length = Append(text, 0, "/proc/self/fd/"u8);
            Utf8Formatter.TryFormat((long)directory.DangerousGetHandle(), text[length..], out int digits);
            length = Append(text, length + digits, "/"u8);
            length = Append(text, length, name);
            _path = new CString(text[..length], scratch);
        }

        internal readonly ReadOnlySpan<byte> Path => _path.Bytes;

        public void Dispose()
        {
            _path.Dispose();
            _directory.DangerousRelease();
        }

        private static int Append(Span<byte> text, int at, ReadOnlySpan<byte> part)
        {
            part.CopyTo(text[at..]);
            return at + part.Length;
        }
    }
}
