using Microsoft.Win32.SafeHandles;
using StorageEngines.Btrfs.Differences;
using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Reading;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.Btrfs.Streams;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Hosts;

/// <summary>A snapshot of this machine that is sent. Implements: ioctl BTRFS_IOC_SEND, ioctl_btrfs(2).</summary>
internal sealed class LocalSendSource : ISendSource
{
    private readonly SnapshotEntry? _from;
    private readonly SnapshotEntry _to;
    private readonly BeneathRoot _target;
    private readonly LocalPair? _pair;

    /// <summary>Opens it.</summary>
    /// <param name="from">The base; null for a full stream.</param>
    /// <param name="to">The target.</param>
    /// <param name="asked">How the target was asked for.</param>
    internal LocalSendSource(SnapshotEntry? from, SnapshotEntry to, SnapshotRef asked)
    {
        (_from, _to) = (from, to);
        _target = SnapshotView.Open(to, asked);
        try
        {
            _pair = from is null ? null : new LocalPair(from, to, asked);
        }
        catch
        {
            _target.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public SubvolumeDetails Target => _to.Details;

    /// <inheritdoc/>
    public SubvolumeDetails? Base => _from?.Details;

    /// <inheritdoc/>
    public SnapshotPair? Pair => _pair;

    /// <inheritdoc/>
    public IReadOnlyList<StreamKind> Kinds(StreamKind? wanted)
    {
        StreamKind chosen = wanted ?? StreamKind.Best(SendSupport.Version);
        chosen.Require(SendSupport.Version);
        return [chosen];
    }

    /// <inheritdoc/>
    public Stream Open(StreamKind kind, bool data, CancellationToken cancellationToken)
    {
        ulong parent = _from?.Details.Id ?? 0;
        return new SendStream(new SendRequest(_target.Root, parent, parent == 0 ? [] : [parent], data ? kind.Mode : SendMode.NoFileData, (uint)kind.Version), cancellationToken);
    }

    /// <inheritdoc/>
    public byte[] ReadTarget(BytePath path, long offset, int length, CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[length];
        using SafeFileHandle file = _target.OpenFileForRead(path.Span);
        int got = FileHandle.ReadAt(file, bytes, offset);
        return got == length ? bytes : throw new PosixException(Errno.EIO, "read", path.Span, "the file is shorter than its size");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pair?.Dispose();
        _target.Dispose();
    }
}
