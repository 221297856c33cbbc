namespace StorageEngines.Posix;

/// <summary>Opens directories beneath a root without passing a symbolic link.</summary>
internal sealed class BeneathResolver(DirectoryHandle root, bool componentWise)
{
    private const int LongestPiece = 4000; // below PATH_MAX, 4096

    // Old kernels lack the call (ENOSYS), some container filters forbid it (EPERM): then names are resolved one by one.
    private static readonly Lazy<bool> HasOpenAt2 = new(ProbeOpenAt2);

    private readonly bool _componentWise = componentWise || !HasOpenAt2.Value;

    /// <summary>Opens a directory by a path that <see cref="PathRules.CheckRelative"/> has passed.</summary>
    /// <exception cref="PosixException">It cannot be opened; ELOOP when a symbolic link is in the way.</exception>
    internal DirectoryHandle Open(ReadOnlySpan<byte> path, int flags)
    {
        DirectoryHandle? current = null;
        ReadOnlySpan<byte> rest = path;
        while (!rest.IsEmpty)
        {
            ReadOnlySpan<byte> piece = rest[..PieceLength(rest)];
            rest = piece.Length == rest.Length ? default : rest[(piece.Length + 1)..];
            int descriptor;
            using (DirectoryHandle? previous = current)
                descriptor = OpenPiece(previous ?? root, piece, rest.IsEmpty ? flags : OpenFlags.PathOnly, path);
            current = DirectoryHandle.Adopt(descriptor);
        }
        return current!;
    }

    private static bool ProbeOpenAt2()
    {
        using DirectoryHandle here = DirectoryHandle.Open("/"u8);
        int descriptor = Libc.OpenBeneath(here, ".\0"u8, OpenFlags.PathOnly | OpenFlags.Directory);
        if (descriptor < 0)
            return false;
        _ = Libc.Close(descriptor);
        return true;
    }

    /// <summary>One component, or as many whole components as one call takes.</summary>
    private int PieceLength(ReadOnlySpan<byte> rest)
    {
        if (!_componentWise && rest.Length <= LongestPiece)
            return rest.Length;
        int slash = _componentWise ? rest.IndexOf((byte)'/') : rest[..LongestPiece].LastIndexOf((byte)'/');
        return slash < 0 ? rest.Length : slash;
    }

    private int OpenPiece(DirectoryHandle from, ReadOnlySpan<byte> piece, int flags, ReadOnlySpan<byte> path)
    {
        using CString text = new(piece, stackalloc byte[CString.PathScratch]);
        int descriptor = _componentWise
            ? Libc.OpenAt(from, text.Bytes, flags | OpenFlags.Directory | OpenFlags.NoFollow)
            : Libc.OpenBeneath(from, text.Bytes, flags | OpenFlags.Directory);
        return descriptor >= 0 ? descriptor : throw Failed(from, piece, path);
    }

    private PosixException Failed(DirectoryHandle from, ReadOnlySpan<byte> piece, ReadOnlySpan<byte> path)
    {
        string operation = _componentWise ? "openat" : "openat2";
        int errno = Libc.LastError;
        // With O_DIRECTORY the kernel calls a link "not a directory"; say what it is, as openat2 does.
        if (_componentWise && errno == Errno.ENOTDIR && FileStatus.TryGetChecked(from, piece, out FileStatus status) && status.IsSymlink)
            errno = Errno.ELOOP;
        return errno is Errno.ELOOP or Errno.EXDEV
            ? new PosixException(errno, operation, path, "refused: a symbolic link is in the way, the path could lead out of the tree")
            : new PosixException(errno, operation, path);
    }
}
