using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Walk;

/// <summary>
/// Walks a directory tree on one file system, in the order of manifests: component by component in byte order, a directory before its content, the
/// root first with the empty path. What is mounted inside is shown as an entry, but not entered. Symbolic links are not followed. Names that vanish
/// while it walks are left out. Memory is bounded by the largest directory and by <see cref="WalkOptions.EntriesAhead"/>.
/// </summary>
/// <remarks>One caller at a time; threads of its own look ahead.</remarks>
internal sealed class TreeWalker : IDisposable
{
    private readonly WalkDirectory _root;
    private readonly WalkSchedule _schedule;
    private readonly Stack<Frame> _frames = new();
    private readonly FileStatus _rootStatus;
    private byte[] _path = new byte[4096];
    private int _pathLength;
    private int _index = -1;
    private WalkDirectory? _enter;
    private bool _started;

    /// <summary>Begins a walk.</summary>
    /// <param name="root">The root, open; this object closes it.</param>
    /// <param name="options">How.</param>
    internal TreeWalker(DirectoryHandle root, WalkOptions options)
    {
        _rootStatus = FileStatus.Get(root);
        _root = new WalkDirectory(root);
        _schedule = new WalkSchedule(_root, _rootStatus, options);
    }

    /// <summary>The entry's path; good until the next step. Empty for the root.</summary>
    internal ReadOnlySpan<byte> Path => _path.AsSpan(0, _pathLength);

    /// <summary>The entry's name in <see cref="Directory"/>; <c>.</c> for the root.</summary>
    internal ReadOnlySpan<byte> Name => _pathLength == 0 ? "."u8 : Path[(Path.LastIndexOf((byte)'/') + 1)..];

    /// <summary>What statx said of the entry.</summary>
    internal ref readonly FileStatus Status => ref _index < 0 ? ref _rootStatus : ref Directory[_index].Status;

    /// <summary>The open directory that holds the entry; for the root, the root itself.</summary>
    internal WalkDirectory Directory { get; private set; } = null!;

    /// <summary>Something else is mounted here; it is not entered.</summary>
    internal bool IsBoundary { get; private set; }

    /// <summary>The entry as a whole.</summary>
    internal WalkEntry Current => new(Path, in Status, Directory, IsBoundary);

    /// <summary>The entry's place in the listing of <see cref="Directory"/>; -1 for the root.</summary>
    internal int Index => _index;

    /// <summary>What statx said of the root.</summary>
    internal ref readonly FileStatus RootStatus => ref _rootStatus;

    /// <summary>Goes to the next entry.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="StorageEngineException">A directory may not be read; the message names it.</exception>
    internal bool MoveNext()
    {
        if (!_started)
        {
            _started = true;
            Directory = _root;
            _enter = _root;
            return true;
        }

        if (_enter is { } below)
        {
            _enter = null;
            _schedule.Enter(below);
            _frames.Push(new Frame(below, _pathLength));
        }

        return Step();
    }

    /// <inheritdoc/>
    public void Dispose() => _schedule.Dispose();

    private bool Step()
    {
        while (_frames.TryPeek(out Frame? frame))
        {
            if (frame.Next < frame.Directory.Count)
            {
                Take(frame);
                return true;
            }

            _frames.Pop();
            _schedule.Leave(frame.Directory);
        }

        return false;
    }

    private void Take(Frame frame)
    {
        _index = frame.Next++;
        ref readonly WalkItem item = ref frame.Directory[_index];
        ReadOnlySpan<byte> name = frame.Directory.NameOf(item);
        int start = frame.PathLength == 0 ? 0 : frame.PathLength + 1;
        if (start + name.Length > _path.Length)
        {
            Array.Resize(ref _path, Math.Max(_path.Length * 2, start + name.Length));
        }

        if (start > 0)
        {
            _path[start - 1] = (byte)'/';
        }

        name.CopyTo(_path.AsSpan(start));
        _pathLength = start + name.Length;
        Directory = frame.Directory;
        IsBoundary = item.IsBoundary;
        _enter = item.Subdirectory >= 0 ? frame.Directory.Subdirectories[item.Subdirectory] : null;
    }

    private sealed class Frame(WalkDirectory directory, int pathLength)
    {
        internal WalkDirectory Directory { get; } = directory;

        internal int PathLength { get; } = pathLength;

        internal int Next { get; set; }
    }
}
