using System.Runtime.CompilerServices;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Reading;

/// <summary>Lists the files of a snapshot by walking its directories, in byte order. Stubs of nested subvolumes are left out.</summary>
internal sealed class BtrfsTreeReader(SnapshotView view) : ITreeReader
{
    private const int ListingBuffer = 32 << 10;

    /// <inheritdoc/>
    /// <remarks>Implements: openat2(2), getdents64(2), statx(2), listxattr(2). Memory is bounded by the directories on the way.</remarks>
    public async IAsyncEnumerable<TreeEntry> ListAsync(
        SnapshotRef snapshot, BytePath under = default, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        using BeneathRoot root = view.Open(snapshot);
        if (Get(root, under, snapshot) is not { } first)
        {
            yield break;
        }

        yield return first;
        if (first.Type != TreeEntryType.Directory)
        {
            yield break;
        }

        using var open = new OpenDirectories();
        Run(root, under, snapshot, () => open.Push(root.OpenDirectory(under.Span), under));
        while (open.TryTop(out OpenDirectories.Level level))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!level.MoveNext())
            {
                open.Pop();
                continue;
            }

            TreeEntry? entry = null;
            Run(root, level.Path, snapshot, () => entry = Next(open, level));
            if (entry is not null)
            {
                yield return entry;
            }
        }
    }

    /// <inheritdoc/>
    /// <remarks>Implements: openat2(2), statx(2), listxattr(2).</remarks>
    public ValueTask<TreeEntry?> GetAsync(SnapshotRef snapshot, BytePath path, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using BeneathRoot root = view.Open(snapshot);
        return new(Get(root, path, snapshot));
    }

    private static TreeEntry? Get(BeneathRoot root, BytePath path, SnapshotRef snapshot)
    {
        if (!path.IsSafeRelative)
        {
            throw new StorageEngineException(
                EngineStatus.InvalidArgument, EngineReason.UnsafePath, Recovery.FixRequest, $"'{path}' is no path below the volume's root; give it relative to the root, without '..'.")
            { Engine = BtrfsEngineFactory.SchemeName };
        }

        try
        {
            if (path.IsRoot)
            {
                return TreeEntries.Make(path, root.Root, "."u8, FileStatus.Get(root.Root));
            }

            using DirectoryHandle parent = root.OpenDirectory(path.Parent.Span);
            return FileStatus.TryGetAt(parent, path.Name.Span, out FileStatus status) && !TreeEntries.IsStub(status)
                ? TreeEntries.Make(path, parent, path.Name.Span, status) : null;
        }
        catch (PosixException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP)
        {
            return null;
        }
        catch (PosixException e)
        {
            throw SnapshotView.FileError(e, path, snapshot);
        }
    }

    private static TreeEntry? Next(OpenDirectories open, OpenDirectories.Level level)
    {
        FileStatus status = FileStatus.GetAt(level.Directory, level.Name);
        if (TreeEntries.IsStub(status))
        {
            return null;
        }

        BytePath path = level.Path.Append(new BytePath(level.Name));
        TreeEntry entry = TreeEntries.Make(path, level.Directory, level.Name, status);
        if (status.IsDirectory)
        {
            open.Push(level.Directory.OpenChild(level.Name), path);
        }

        return entry;
    }

    private static void Run(BeneathRoot root, BytePath path, SnapshotRef snapshot, Action action)
    {
        try
        {
            action();
        }
        catch (PosixException e)
        {
            throw SnapshotView.IsGone(root) ? SnapshotCatalog.Missing(snapshot) : SnapshotView.FileError(e, path, snapshot);
        }
    }

    /// <summary>The directories on the way to where a walk is.</summary>
    private sealed class OpenDirectories : IDisposable
    {
        private readonly Stack<Level> _levels = new();
        private readonly byte[] _buffer = new byte[ListingBuffer];

        /// <summary>One of them.</summary>
        internal sealed class Level(DirectoryHandle directory, BytePath path, List<byte[]> names)
        {
            private int _index = -1;

            internal DirectoryHandle Directory => directory;

            internal BytePath Path => path;

            internal byte[] Name => names[_index];

            internal bool MoveNext() => ++_index < names.Count;
        }

        internal void Push(DirectoryHandle directory, BytePath path)
        {
            var names = new List<byte[]>();
            foreach (DirectoryEntry entry in directory.Entries(_buffer))
            {
                names.Add(entry.Name.ToArray());
            }

            names.Sort((a, b) => a.AsSpan().SequenceCompareTo(b));
            _levels.Push(new Level(directory, path, names));
        }

        internal bool TryTop(out Level level) => _levels.TryPeek(out level!);

        internal void Pop() => _levels.Pop().Directory.Dispose();

        public void Dispose()
        {
            while (_levels.TryPop(out Level? level))
            {
                level.Directory.Dispose();
            }
        }
    }
}
