using Microsoft.Win32.SafeHandles;
using StorageEngines.Btrfs.Changes;
using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Reading;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Differences;

/// <summary>Two snapshots, open, for what a stream does not say. One caller at a time.</summary>
internal sealed class SnapshotPair : IBaseTree, IExtentStates, IDisposable
{
    private readonly SnapshotRef _snapshot;
    private readonly BeneathRoot _base;
    private readonly BeneathRoot _target;
    private readonly DataSegments _segments;

    /// <summary>Opens both.</summary>
    /// <param name="from">The base.</param>
    /// <param name="to">The target.</param>
    /// <param name="snapshot">How the target was asked for.</param>
    /// <exception cref="ChangeTrackingUnavailableException">The base is gone.</exception>
    /// <exception cref="SnapshotNotFoundException">The target is gone.</exception>
    internal SnapshotPair(SnapshotEntry from, SnapshotEntry to, SnapshotRef snapshot)
    {
        (From, To, _snapshot) = (from, to, snapshot);
        try
        {
            _base = SnapshotView.Open(from, snapshot);
        }
        catch (SnapshotNotFoundException e)
        {
            throw new ChangeTrackingUnavailableException(EngineReason.BaseMissing, $"The base '{from.Name}' was deleted; take a full copy.", e) { Engine = BtrfsEngineFactory.SchemeName };
        }

        try
        {
            _target = SnapshotView.Open(to, snapshot);
        }
        catch
        {
            _base.Dispose();
            throw;
        }

        _segments = new DataSegments(_target);
    }

    /// <summary>The base.</summary>
    internal SnapshotEntry From { get; }

    /// <summary>The target.</summary>
    internal SnapshotEntry To { get; }

    /// <summary>The target's root, open.</summary>
    internal DirectoryHandle Target => _target.Root;

    /// <inheritdoc/>
    public KnownEntry? InBase(BytePath path) => Look(_base, path);

    /// <inheritdoc/>
    public KnownEntry? InTarget(BytePath path) => Look(_target, path);

    /// <inheritdoc/>
    public IReadOnlyList<BytePath> NamesInBase(ulong inode) => Names(_base, inode);

    /// <inheritdoc/>
    public IReadOnlyList<BytePath> NamesInTarget(ulong inode) => Names(_target, inode);

    /// <inheritdoc/>
    public bool TryReadData(BytePath path, Extent range, List<Extent> data)
    {
        try
        {
            _segments.Read(path, range, data);
            return true;
        }
        catch (PosixException e)
        {
            throw Failure(_target, path, e);
        }
    }

    /// <summary>Opens a regular file of the target.</summary>
    /// <exception cref="PosixException">There is none, or it is of another type.</exception>
    internal SafeFileHandle OpenTarget(BytePath path) => _target.OpenFileForRead(path.Span);

    /// <inheritdoc/>
    public void Dispose()
    {
        _segments.Dispose();
        _base.Dispose();
        _target.Dispose();
    }

    private IReadOnlyList<BytePath> Names(BeneathRoot root, ulong inode)
    {
        try
        {
            IReadOnlyList<BytePath> names = InodePaths.Read(root.Root, inode);
            return names.Count > 0 ? names : OrGone(root, names);
        }
        catch (PosixException e)
        {
            throw Failure(root, default, e);
        }
    }

    private KnownEntry? Look(BeneathRoot root, BytePath path)
    {
        try
        {
            return root.TryGetStatus(path.Span, out FileStatus status) && !TreeEntries.IsStub(status) ? Known(status) : OrGone<KnownEntry?>(root, null);
        }
        catch (PosixException e)
        {
            throw Failure(root, path, e);
        }
    }

    // In a snapshot that was deleted meanwhile nothing is found, which would be taken for an answer.
    private T OrGone<T>(BeneathRoot root, T nothing) => SnapshotView.IsGone(root) ? throw Gone(root) : nothing;

    private StorageEngineException Failure(BeneathRoot root, BytePath path, PosixException error)
        => SnapshotView.IsGone(root) ? Gone(root) : SnapshotView.FileError(error, path, _snapshot);

    private StorageEngineException Gone(BeneathRoot root) => root == _target ? SnapshotCatalog.Missing(_snapshot)
        : new ChangeTrackingUnavailableException(EngineReason.BaseMissing, $"The base '{From.Name}' was deleted while it was compared; take a full copy.") { Engine = BtrfsEngineFactory.SchemeName };

    private static KnownEntry Known(in FileStatus status)
    {
        bool isDevice = status.Type is FileType.BlockDevice or FileType.CharacterDevice;
        return new KnownEntry(
            (TreeEntryType)((int)status.Type >> 12), status.Inode, status.IsDirectory ? 1 : status.LinkCount, status.IsRegular ? status.Size : 0, status.Mode,
            status.UserId, status.GroupId, new UnixTime(status.ModificationTime.Seconds, status.ModificationTime.Nanoseconds),
            isDevice ? ((ulong)status.NodeMajor << 32) | status.NodeMinor : 0);
    }
}
