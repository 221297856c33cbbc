using System.Threading.Channels;
using Microsoft.Win32.SafeHandles;
using StorageEngines.Portable;
using StorageEngines.Posix;
using StorageEngines.RbdDiffs;

namespace StorageEngines;

/// <summary>
/// Copies a snapshot of a block volume, or one file of a tree's, to a new, empty file. Several workers read and write at the same time, each in its own
/// pieces; what is zero becomes a hole. Memory is a buffer for each worker.
/// </summary>
/// <param name="engine">The snapshot's engine.</param>
/// <param name="snapshot">The snapshot.</param>
/// <param name="options">How.</param>
/// <param name="file">The file; stays the caller's, who makes it durable.</param>
internal sealed class BlockCopy(IStorageEngine engine, SnapshotRef snapshot, RestoreOptions options, SafeFileHandle file)
{
    private const int PieceBytes = 4 << 20;
    private const int WaitingPieces = 16;

    private readonly Channel<Extent> _pieces = Channel.CreateBounded<Extent>(WaitingPieces);
    private readonly ISnapshotReader _reader = SnapshotBlocks.ReaderOf(engine);
    private long _capacity;
    private long _data;
    private long _zero;
    private long _items;

    /// <summary>Copies everything.</summary>
    /// <exception cref="PosixException">The file cannot be written.</exception>
    internal async Task<DifferentialSummary> RunAsync(CancellationToken cancellationToken)
    {
        List<Func<CancellationToken, Task>> parts = [ListAsync];
        parts.AddRange(Enumerable.Repeat<Func<CancellationToken, Task>>(WorkAsync, WorkGroup.Workers));
        await WorkGroup.RunAsync(parts, cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return new DifferentialSummary(0, _data, _zero, _items);
    }

    /// <summary>Cuts what holds data into pieces. The cuts are the same for every snapshot, so that no block of an engine is read twice.</summary>
    private async Task ListAsync(CancellationToken cancellationToken)
    {
        var order = new ExtentOrder();
        var ladder = new ChangeLadderOptions { Path = options.Path, Fallback = FallbackPolicy.AllocatedThenFull };
        bool sized = false;
        await foreach (ExtentBatch batch in ChangeLadder.QueryAsync(engine, null, snapshot, ladder, cancellationToken).ConfigureAwait(false))
        {
            if (!sized)
            {
                Volatile.Write(ref _capacity, batch.CapacityBytes);
                FileWriting.Truncate(file, batch.CapacityBytes);
                sized = true;
            }

            foreach (Extent next in batch.Extents)
            {
                Extent extent = order.Next(next, _capacity);
                if (extent.State == ExtentState.Zero)
                {
                    Count(ref _zero, extent.Length);
                    continue;
                }

                for (long at = extent.Offset; at < extent.End;)
                {
                    long end = Math.Min(((at / PieceBytes) + 1) * PieceBytes, extent.End);
                    await _pieces.Writer.WriteAsync(Extent.FromBounds(at, end), cancellationToken).ConfigureAwait(false);
                    at = end;
                }
            }
        }

        _pieces.Writer.Complete();
    }

    private async Task WorkAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[RbdDiffFormat.MaxWriteBytes];
        Stream? source = null;
        try
        {
            await foreach (Extent piece in _pieces.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                source ??= await _reader.OpenReadAsync(snapshot, options.Path, cancellationToken).ConfigureAwait(false);
                for (long at = piece.Offset; at < piece.End; at += buffer.Length)
                {
                    Memory<byte> content = buffer.AsMemory(0, (int)Math.Min(buffer.Length, piece.End - at));
                    await BlockPieces.ReadExactlyAsync(source, at, content, cancellationToken).ConfigureAwait(false);
                    Write(at, content.Span);
                }

                FileWriting.BeginSync(file, piece.Offset, piece.Length);
            }
        }
        finally
        {
            if (source is not null)
            {
                await source.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private void Write(long offset, ReadOnlySpan<byte> content)
    {
        for (int from = 0; from < content.Length;)
        {
            int to = PieceCutter.Run(content, from, out bool zero);
            if (zero)
            {
                Count(ref _zero, to - from);
            }
            else
            {
                FileWriting.WriteAt(file, content[from..to], offset + from);
                Count(ref _data, to - from);
            }

            from = to;
        }
    }

    private void Count(ref long sum, long bytes)
    {
        Interlocked.Add(ref sum, bytes);
        long items = Interlocked.Increment(ref _items);
        options.Progress?.Report(new OperationProgress("restore", Interlocked.Read(ref _data) + Interlocked.Read(ref _zero), Volatile.Read(ref _capacity), items));
    }
}
