using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Reading;

/// <summary>The extents of one file of a snapshot.</summary>
internal sealed class BtrfsBlockMap(SnapshotView view) : IBlockMap
{
    /// <summary>Extents begin at multiples of this, and end at one or at the file's end; bytes.</summary>
    internal const int Grain = 4096;

    /// <inheritdoc/>
    /// <remarks>Implements: lseek(2) with SEEK_DATA and SEEK_HOLE. What was preallocated and not written counts as a hole.</remarks>
    public async IAsyncEnumerable<ExtentBatch> AllocatedAsync(AllocatedQuery query, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentOutOfRangeException.ThrowIfNegative(query.MaxResults);
        await Task.CompletedTask.ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        using BeneathRoot root = view.Open(query.Snapshot);
        BytePath path = SnapshotView.RequirePath(query.Path, query.Snapshot);
        using SafeFileHandle file = OpenFile(root, path, query.Snapshot);
        long size = FileHandle.GetLength(file);
        ExtentBatches.CheckOffset(query.StartingOffset, size);
        var head = new ExtentBatch(ExtentStyle.VariableLength, size, null, ChangeSource.NativeAllocated, Exactness.Exact, []);
        foreach (ExtentBatch batch in ExtentBatches.Cut(head, Segments(file, query.StartingOffset - (query.StartingOffset % Grain), query.StartingOffset, size), query.MaxResults, cancellationToken))
        {
            yield return batch;
        }
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<ExtentBatch> DeltaAsync(DeltaQuery query, CancellationToken cancellationToken = default)
        => throw new CapabilityNotSupportedException(EngineCapability.Delta, "not yet") { Engine = BtrfsEngineFactory.SchemeName };

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
