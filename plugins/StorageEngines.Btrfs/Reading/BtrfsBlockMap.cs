using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;
using StorageEngines.Btrfs.Differences;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Reading;

/// <summary>The extents of one file of a snapshot, and what of them changed since another.</summary>
internal sealed class BtrfsBlockMap(SnapshotView view, ChangeQuery query) : IBlockMap
{
    /// <summary>Extents begin at multiples of this, and end at one or at the file's end; bytes.</summary>
    internal const int Grain = 4096;

    /// <inheritdoc/>
    /// <remarks>Implements: lseek(2) with SEEK_DATA and SEEK_HOLE. What was preallocated and not written counts as a hole.</remarks>
    public async IAsyncEnumerable<ExtentBatch> AllocatedAsync(AllocatedQuery asked, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(asked);
        ArgumentOutOfRangeException.ThrowIfNegative(asked.MaxResults);
        await Task.CompletedTask.ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        using BeneathRoot root = view.Open(asked.Snapshot);
        BytePath path = SnapshotView.RequirePath(asked.Path, asked.Snapshot);
        using SafeFileHandle file = OpenFile(root, path, asked.Snapshot);
        long size = FileHandle.GetLength(file);
        ExtentBatches.CheckOffset(asked.StartingOffset, size);
        var head = new ExtentBatch(ExtentStyle.VariableLength, size, null, ChangeSource.NativeAllocated, Exactness.Exact, []);
        foreach (ExtentBatch batch in ExtentBatches.Cut(head, Segments(file, asked.StartingOffset - (asked.StartingOffset % Grain), asked.StartingOffset, size), asked.MaxResults, cancellationToken))
        {
            yield return batch;
        }
    }

    /// <inheritdoc/>
    /// <remarks>Implements: ioctl BTRFS_IOC_SEND with NO_FILE_DATA, ioctl_btrfs(2). The whole difference of the two snapshots is read, and what it says of the file is given.</remarks>
    public async IAsyncEnumerable<ExtentBatch> DeltaAsync(DeltaQuery asked, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(asked);
        ArgumentOutOfRangeException.ThrowIfNegative(asked.MaxResults);
        cancellationToken.ThrowIfCancellationRequested();
        using FileDelta delta = await Task.Run(() => FileDelta.Find(query, asked, cancellationToken), cancellationToken).ConfigureAwait(false);
        ExtentBatches.CheckOffset(asked.StartingOffset, delta.SizeBytes);
        var head = new ExtentBatch(ExtentStyle.VariableLength, delta.SizeBytes, delta.BaseSizeBytes, ChangeSource.NativeDelta, delta.Exactness, []);
        IEnumerable<Extent> extents = delta.Extents.SkipWhile(extent => extent.End <= asked.StartingOffset);
        foreach (ExtentBatch batch in ExtentBatches.Cut(head, extents, asked.MaxResults, cancellationToken))
        {
            yield return batch;
        }
    }

    private static SafeFileHandle OpenFile(BeneathRoot root, BytePath path, SnapshotRef snapshot)
    {
        try
        {
            return root.OpenFileForRead(path.Span);
        }
        catch (PosixException e)
        {
            throw SnapshotView.FileError(e, path, snapshot);
        }
    }

    private static IEnumerable<Extent> Segments(SafeFileHandle file, long from, long after, long size)
    {
        while (after < size && FileSegments.TryNextData(file, from, size, out FileSegment segment))
        {
            yield return new Extent(segment.Offset, segment.Length);
            from = segment.End;
        }
    }
}
