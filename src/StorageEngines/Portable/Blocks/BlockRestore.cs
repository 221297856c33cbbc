using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;
using StorageEngines.RbdDiffs;

namespace StorageEngines;

/// <summary>Restores a snapshot of a block volume, or one file of a tree volume's snapshot, to a new image file or onto a block device.</summary>
/// <remarks>Stateless; safe for use by several threads on different targets. Memory is bounded: a few buffers of 1 MiB.</remarks>
public static class BlockRestore
{
    /// <summary>
    /// Writes a snapshot to a new sparse file, which appears when it is whole, or onto a block device, in place. What was written is remembered, so that
    /// differences can be applied to it.
    /// </summary>
    /// <param name="engine">The snapshot's engine.</param>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="destination">A path where nothing is yet, or a block device of the snapshot's size or more.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Gives up; no file remains. A device that was begun is then half-written, and known to hold nothing.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="SnapshotNotFoundException">The snapshot, or its data, is not there.</exception>
    /// <exception cref="StorageEngineException">The destination is taken, too small, or cannot be written.</exception>
    public static async Task<DifferentialSummary> RestoreAsync(
        IStorageEngine engine, SnapshotInfo snapshot, BytePath destination, RestoreOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(options);
        new TargetReceipts(options.StateDirectory).RequireWritable();
        try
        {
            using var target = new BlockTarget(destination);
            return target.Kind switch
            {
                BlockTargetKind.Device => await ToDeviceAsync(engine, snapshot, destination, options, cancellationToken).ConfigureAwait(false),
                BlockTargetKind.Absent => await ToFileAsync(engine, snapshot, target, options, cancellationToken).ConfigureAwait(false),
                _ => throw new StorageEngineException(
                    EngineStatus.AlreadyExists, EngineReason.NameTaken, Recovery.FixRequest, $"'{destination}' exists; restore to a path where nothing is."),
            };
        }
        catch (PosixException error)
        {
            throw PortableErrors.From(error, "restore to", destination.ToString());
        }
    }

    private static async Task<DifferentialSummary> ToFileAsync(
        IStorageEngine engine, SnapshotInfo snapshot, BlockTarget target, RestoreOptions options, CancellationToken cancellationToken)
    {
        using AtomicFile file = target.CreateNew();
        if (await TryShareAsync(engine, snapshot, file.Handle, options, cancellationToken).ConfigureAwait(false) is { } shared)
        {
            file.Publish(replace: false);
            Remember(snapshot, target.Path, options);
            return shared;
        }

        if (FreeSpace.IsShort(file.Handle, snapshot.SizeBytes))
        {
            FreeSpace.Require(file.Handle, await DataBytesAsync(engine, snapshot, options.Path, cancellationToken).ConfigureAwait(false), "restore to", target.Path);
        }

        DifferentialSummary summary = await new BlockCopy(engine, snapshot.Ref, options, file.Handle).RunAsync(cancellationToken).ConfigureAwait(false);
        file.Publish(replace: false);
        Remember(snapshot, target.Path, options);
        return summary;
    }

    /// <summary>Shares the blocks of the file that the engine keeps the snapshot in, if it is one and the two places can; null if data has to be copied.</summary>
    private static async Task<DifferentialSummary?> TryShareAsync(
        IStorageEngine engine, SnapshotInfo snapshot, SafeFileHandle file, RestoreOptions options, CancellationToken cancellationToken)
    {
        Stream source = await SnapshotBlocks.ReaderOf(engine).OpenReadAsync(snapshot.Ref, options.Path, cancellationToken).ConfigureAwait(false);
        await using (source.ConfigureAwait(false))
        {
            if (source is not IFileBackedStream { File: { } content })
            {
                return null;
            }

            if (!Reflink.TryCloneWhole(content, file, source.Length))
            {
                FileWriting.Truncate(file, 0);
                return null;
            }

            long data = await DataBytesAsync(engine, snapshot, options.Path, cancellationToken).ConfigureAwait(false);
            options.Progress?.Report(new OperationProgress("restore", source.Length, source.Length, 1));
            return new DifferentialSummary(0, data, 0, 1);
        }
    }

    private static async Task<DifferentialSummary> ToDeviceAsync(
        IStorageEngine engine, SnapshotInfo snapshot, BytePath destination, RestoreOptions options, CancellationToken cancellationToken)
    {
        using SafeFileHandle handle = FileHandle.OpenReadWrite(destination.Span);
        var image = new BlockImage(handle, isDevice: true, clearGaps: true);
        void Begin() => new TargetReceipts(options.StateDirectory).Remove(destination);
        DifferentialSummary summary = await CopyAsync(engine, snapshot, image, destination, Begin, options, cancellationToken).ConfigureAwait(false);
        Remember(snapshot, destination, options);
        return summary;
    }

    private static async Task<DifferentialSummary> CopyAsync(
        IStorageEngine engine, SnapshotInfo snapshot, BlockImage image, BytePath destination, Action begin, RestoreOptions options,
        CancellationToken cancellationToken)
    {
        await using SnapshotBlocks blocks =
            await SnapshotBlocks.OpenAsync(engine, null, snapshot.Ref, new ChangeLadderOptions { Path = options.Path }, cancellationToken).ConfigureAwait(false);
        image.RequireSize(blocks.First.CapacityBytes, destination);
        begin();
        image.SetSize(blocks.First.CapacityBytes);
        long items = 0;
        await foreach (BlockPiece piece in blocks.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            items++;
            if (piece.Range.State == ExtentState.Zero)
            {
                image.Zero(piece.Range);
            }
            else
            {
                image.Write(piece.Range.Offset, piece.Data.Span);
            }

            options.Progress?.Report(new OperationProgress("restore", piece.Range.End, blocks.First.CapacityBytes, items));
        }

        image.Finish();
        return new DifferentialSummary(0, image.DataBytes, image.ZeroBytes, items);
    }

    /// <summary>How much data the engine knows of; 0 if it knows nothing but the capacity.</summary>
    private static async Task<long> DataBytesAsync(IStorageEngine engine, SnapshotInfo snapshot, BytePath? path, CancellationToken cancellationToken)
    {
        long sum = 0;
        var options = new ChangeLadderOptions { Path = path, Fallback = FallbackPolicy.AllocatedThenFull };
        await foreach (ExtentBatch batch in ChangeLadder.QueryAsync(engine, null, snapshot.Ref, options, cancellationToken).ConfigureAwait(false))
        {
            if (batch.Source == ChangeSource.FullScan || batch.Exactness != Exactness.Exact)
            {
                return 0;
            }

            sum += batch.Extents.Sum(extent => extent.State == ExtentState.Data ? extent.Length : 0);
        }

        return sum;
    }

    private static void Remember(SnapshotInfo snapshot, BytePath place, RestoreOptions options)
        => new TargetReceipts(options.StateDirectory).Put(
            place, new TargetReceipt(SnapshotIdentity.Of(snapshot.Ref, options.Path), place, ImageFingerprint.Of(place)));
}
