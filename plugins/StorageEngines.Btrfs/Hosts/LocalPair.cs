using Microsoft.Win32.SafeHandles;
using StorageEngines.Btrfs.Changes;
using StorageEngines.Btrfs.Differences;
using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Reading;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.Btrfs.Volumes;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Hosts;

/// <summary>Two snapshots of this machine.</summary>
internal sealed class LocalPair : SnapshotPair
{
    private const int MostSharers = 16; // with 80 snapshots a clone source costs four times as much

    private readonly SnapshotRef _asked;
    private readonly BeneathRoot _base;
    private readonly BeneathRoot _target;
    private readonly DataSegments _segments;

    /// <summary>Opens both.</summary>
    /// <param name="from">The base.</param>
    /// <param name="to">The target.</param>
    /// <param name="asked">How the target was asked for.</param>
    /// <exception cref="ChangeTrackingUnavailableException">The base is gone.</exception>
    /// <exception cref="SnapshotNotFoundException">The target is gone.</exception>
    internal LocalPair(SnapshotEntry from, SnapshotEntry to, SnapshotRef asked)
        : base(from, to)
    {
        _asked = asked;
        try
        {
            _base = SnapshotView.Open(from, asked);
        }
        catch (SnapshotNotFoundException e)
        {
            throw BaseGone(from, e);
        }

        try
        {
            _target = SnapshotView.Open(to, asked);
        }
        catch
        {
            _base.Dispose();
            throw;
        }

        _segments = new DataSegments(_target);
    }

    /// <summary>The base's root, open.</summary>
    internal DirectoryHandle Base => _base.Root;

    /// <summary>The target's root, open.</summary>
    internal DirectoryHandle Target => _target.Root;

    /// <inheritdoc/>
    public override KnownEntry? InBase(BytePath path) => Look(_base, path);

    /// <inheritdoc/>
    public override KnownEntry? InTarget(BytePath path) => Look(_target, path);

    /// <inheritdoc/>
    public override IReadOnlyList<BytePath> NamesInBase(ulong inode) => Names(_base, inode);

    /// <inheritdoc/>
    public override IReadOnlyList<BytePath> NamesInTarget(ulong inode) => Names(_target, inode);

    /// <inheritdoc/>
    public override bool TryReadData(BytePath path, Extent range, List<Extent> data)
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

    /// <inheritdoc/>
    internal override long TargetSize(BytePath path)
    {
        using SafeFileHandle file = _target.OpenFileForRead(path.Span);
        return FileHandle.GetLength(file);
    }

    /// <inheritdoc/>
    internal override bool FindExactness()
    {
        using DirectoryHandle directory = DirectoryHandle.Open(To.Path.Span);
        try
        {
            using SubvolumeTable table = LocalSubvolumeTable.Read(directory);
            return table.All.Count(each => each.ParentUuid == To.Details.ParentUuid) <= MostSharers;
        }
        catch (PosixException e) when (e.Errno is Errno.EPERM or Errno.EACCES)
        {
            return false; // The send will say what is missing.
        }
    }

    /// <inheritdoc/>
    internal override Stream OpenSend(bool exact, CancellationToken cancellationToken)
        => new SendStream(new SendRequest(Target, From.Details.Id, exact ? [From.Details.Id] : [], SendMode.NoFileData, SendSupport.Version), cancellationToken);

    /// <inheritdoc/>
    public override void Dispose()
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
        => SnapshotView.IsGone(root) ? Gone(root) : SnapshotView.FileError(error, path, _asked);

    private StorageEngineException Gone(BeneathRoot root) => root == _target ? SnapshotCatalog.Missing(_asked) : BaseGone(From, null);

    private static KnownEntry Known(in FileStatus status)
    {
        bool isDevice = status.Type is FileType.BlockDevice or FileType.CharacterDevice;
        return new KnownEntry(
            (TreeEntryType)((int)status.Type >> 12), status.Inode, status.IsDirectory ? 1 : status.LinkCount, status.IsRegular ? status.Size : 0, status.Mode,
            status.UserId, status.GroupId, new UnixTime(status.ModificationTime.Seconds, status.ModificationTime.Nanoseconds),
            isDevice ? ((ulong)status.NodeMajor << 32) | status.NodeMinor : 0);
    }
}
