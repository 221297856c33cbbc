namespace StorageEngines.Posix;

/// <summary>
/// Changes a tree and nothing outside it. Every path is relative to the root; its parent is resolved without symbolic links,
/// so a link planted in the tree cannot lead a write elsewhere. Paths may be longer than PATH_MAX.
/// An empty path means the root itself where attributes are read or set, and is refused elsewhere.
/// Not thread-safe: open one per thread. Implements: openat2(2), RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS.
/// </summary>
internal sealed partial class BeneathRoot : IDisposable
{
    private const int CachedParents = 16;

    private readonly DirectoryHandle _root;
    private readonly BeneathResolver _resolver;
    private readonly ParentCache _parents = new(CachedParents);

    private BeneathRoot(DirectoryHandle root, bool componentWise)
    {
        _root = root;
        _resolver = new BeneathResolver(root, componentWise);
    }

    /// <summary>The root, open for listing. Owned by this object.</summary>
    internal DirectoryHandle Root => _root;

    /// <summary>Opens the root; links in the path to it are followed.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="componentWise">Resolve one component after the other even where openat2 is there.</param>
    /// <exception cref="PosixException">The directory cannot be opened.</exception>
    internal static BeneathRoot Open(ReadOnlySpan<byte> path, bool componentWise = false) => new(DirectoryHandle.Open(path), componentWise);

    /// <summary>Opens a directory for listing or syncing; the caller disposes it. An empty path is the root.</summary>
    /// <exception cref="PosixException">It cannot be opened, or a link is in the way (ELOOP).</exception>
    internal DirectoryHandle OpenDirectory(ReadOnlySpan<byte> path)
    {
        if (path.IsEmpty)
            return DirectoryHandle.Adopt(DuplicateRoot());
        PathRules.CheckRelative(path, "openat");
        return _resolver.Open(path, OpenFlags.ReadOnly);
    }

    /// <summary>Writes everything of the root's file system to its device. Implements: syncfs(2).</summary>
    /// <exception cref="PosixException">The device refused.</exception>
    internal void SyncAll()
    {
        if (Libc.SyncFileSystem(_root) != 0)
            throw PosixException.Last("syncfs");
    }

    /// <summary>Makes the names in a directory durable. Implements: fsync(2).</summary>
    /// <exception cref="PosixException">The directory cannot be opened or synced.</exception>
    internal void SyncDirectory(ReadOnlySpan<byte> path)
    {
        using DirectoryHandle directory = OpenDirectory(path);
        directory.Sync();
    }

    /// <summary>Closes the root and what was kept open beneath it.</summary>
    public void Dispose()
    {
        _parents.Dispose();
        _root.Dispose();
    }

    private int DuplicateRoot()
    {
        int descriptor = Libc.OpenAt(_root, ".\0"u8, OpenFlags.ReadOnly | OpenFlags.Directory);
        return descriptor >= 0 ? descriptor : throw PosixException.Last("openat", "."u8);
    }

    /// <summary>The open parent of a path, and the last name in it. Good until the next but one lookup.</summary>
    private DirectoryHandle Parent(ReadOnlySpan<byte> path, string operation, out ReadOnlySpan<byte> name)
    {
        PathRules.CheckRelative(path, operation);
        int slash = path.LastIndexOf((byte)'/');
        name = path[(slash + 1)..];
        if (slash < 0)
            return _root;
        ReadOnlySpan<byte> parent = path[..slash];
        return _parents.Find(parent) ?? _parents.Add(parent, _resolver.Open(parent, OpenFlags.PathOnly));
    }

    /// <summary>Like <see cref="Parent"/>, and an empty path is the root, as the name <c>.</c> in itself.</summary>
    private DirectoryHandle ParentOrRoot(ReadOnlySpan<byte> path, string operation, out ReadOnlySpan<byte> name)
    {
        if (!path.IsEmpty)
            return Parent(path, operation, out name);
        name = "."u8;
        return _root;
    }
}
