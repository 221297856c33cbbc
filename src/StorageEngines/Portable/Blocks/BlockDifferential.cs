using StorageEngines.RbdDiffs;

namespace StorageEngines;

/// <summary>
/// Portable differentials of block volumes, and of single files of tree volumes, as RBD diffs (see <c>docs/portable-formats.md</c>).
/// </summary>
/// <remarks>Stateless; safe for use by several threads on different targets. Memory is bounded: a few buffers of 1 MiB.</remarks>
public static class BlockDifferential
{
    /// <summary>Writes the difference of two snapshots of a block volume, or the whole of one.</summary>
    /// <param name="engine">Their engine.</param>
    /// <param name="baseSnapshot">The base, or null for a full stream.</param>
    /// <param name="target">The target.</param>
    /// <param name="output">Where to write; not closed. What was written is whole only if the call returns.</param>
    /// <param name="progress">Told how far it is; null for nobody.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="ChangeTrackingUnavailableException">The engine cannot know the difference: write a full stream.</exception>
    /// <exception cref="LineageBrokenException">The snapshots are unrelated, or the base is the newer one.</exception>
    /// <exception cref="SnapshotNotFoundException">The target, or its data, is not there.</exception>
    public static Task<DifferentialSummary> ExportAsync(
        IStorageEngine engine,
        SnapshotInfo? baseSnapshot,
        SnapshotInfo target,
        Stream output,
        IProgress<OperationProgress>? progress = null,
        CancellationToken cancellationToken = default)
        => ExportAsync(engine, baseSnapshot, target, new BlockExportOptions { Progress = progress }, output, cancellationToken);

    /// <summary>Writes the difference of two snapshots of a block volume or of one file of a tree volume, or the whole of one.</summary>
    /// <param name="engine">Their engine.</param>
    /// <param name="baseSnapshot">The base, or null for a full stream.</param>
    /// <param name="target">The target.</param>
    /// <param name="options">Which file, which version, and what to do if the engine cannot say what changed.</param>
    /// <param name="output">Where to write; not closed. What was written is whole only if the call returns.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="ChangeTrackingUnavailableException">The engine cannot know the difference: write a full stream.</exception>
    /// <exception cref="LineageBrokenException">The snapshots are unrelated, or the base is the newer one.</exception>
    /// <exception cref="SnapshotNotFoundException">The target, or its data, is not there.</exception>
    public static async Task<DifferentialSummary> ExportAsync(
        IStorageEngine engine,
        SnapshotInfo? baseSnapshot,
        SnapshotInfo target,
        BlockExportOptions options,
        Stream output,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(options);
        var ladder = new ChangeLadderOptions { Path = options.Path, BasePath = options.BasePath, Fallback = options.Fallback };
        using var writer = new RbdDiffWriter(output, options.Version);
        await using SnapshotBlocks blocks =
            await SnapshotBlocks.OpenAsync(engine, BaseToken(baseSnapshot), target.Ref, ladder, cancellationToken).ConfigureAwait(false);
        byte[]? from = baseSnapshot is null ? null : SnapshotIdentity.Format(SnapshotIdentity.Of(baseSnapshot.Ref, options.BasePath ?? options.Path));
        byte[] to = SnapshotIdentity.Format(SnapshotIdentity.Of(target.Ref, options.Path));
        await writer.WriteHeaderAsync(from, to, blocks.First.CapacityBytes, cancellationToken).ConfigureAwait(false);
        long data = 0;
        long zero = 0;
        await foreach (BlockPiece piece in blocks.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (piece.Range.State == ExtentState.Zero)
            {
                await writer.WriteZeroAsync(piece.Range.Offset, piece.Range.Length, cancellationToken).ConfigureAwait(false);
                zero += piece.Range.Length;
            }
            else
            {
                await writer.WriteDataAsync(piece.Range.Offset, piece.Data, cancellationToken).ConfigureAwait(false);
                data += piece.Range.Length;
            }

            options.Progress?.Report(new OperationProgress("export", data, null, writer.Records));
        }

        await writer.WriteEndAsync(null, cancellationToken).ConfigureAwait(false);
        return new DifferentialSummary(writer.Position, data, zero, writer.Records);
    }

    /// <summary>
    /// Applies a stream to an image file or a block device. The whole stream is read and checked before the first write, and the target is proven to
    /// be its base by what earlier restores and applies wrote down. While it is written, a file is named <c>NAME.seng-applying</c>; if that is cut
    /// short, the same call made again with the same stream finishes it. A block device is written in place. A full stream makes a new file, which
    /// appears when it is whole.
    /// </summary>
    /// <param name="input">An RBD diff of version 1 or 2. One that cannot be sought is first copied to an unnamed file next to the target.</param>
    /// <param name="target">The image file (of one name, not a link) or block device; for a full stream a path where nothing is yet, or a block device.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Gives up before the first write to an existing target; after it the apply runs to its end.</param>
    /// <returns>What was applied.</returns>
    /// <exception cref="BaseMismatchException">The target is not known to be the base; nothing was written.</exception>
    /// <exception cref="CorruptDataException">The stream is damaged or cut short; nothing was written.</exception>
    /// <exception cref="StorageEngineException">The target is missing, taken, too small, in use, or cannot be written.</exception>
    public static Task<DifferentialSummary> ApplyAsync(Stream input, BytePath target, ApplyOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(options);
        return new BlockApplier(input, target, options).RunAsync(cancellationToken);
    }

    private static ChangeToken? BaseToken(SnapshotInfo? baseSnapshot)
        => baseSnapshot is null ? null : baseSnapshot.ChangeToken ?? throw new ChangeTrackingUnavailableException(
            EngineReason.BaseMissing, $"Snapshot '{baseSnapshot.Ref}' cannot be the base of a difference; write a full stream.");
}
