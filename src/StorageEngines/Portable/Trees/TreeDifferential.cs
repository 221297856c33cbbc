using StorageEngines.BtrfsStreams;
using StorageEngines.Portable.Tar;
using StorageEngines.Portable.Trees;

namespace StorageEngines;

/// <summary>
/// Portable differentials of tree volumes: what has to be done to a copy of the base to make it the target, as a Btrfs send stream (version 1) or
/// as tar with OCI whiteouts. Stateless; safe for use by several threads as far as they write to different targets.
/// </summary>
public static class TreeDifferential
{
    /// <summary>Writes the difference between two snapshots of one tree volume, or the whole of one.</summary>
    /// <param name="engine">The engine of both snapshots; it has to have <see cref="ITreeReader"/>, <see cref="ISnapshotReader"/> and, for a difference, <see cref="IFileDiff"/>.</param>
    /// <param name="baseSnapshot">The base; null for the whole target.</param>
    /// <param name="target">The target.</param>
    /// <param name="output">Where the stream goes, forward only; stays the caller's. It is whole only if this method ends normally.</param>
    /// <param name="format"><see cref="DifferentialFormat.BtrfsSend"/> or <see cref="DifferentialFormat.Tar"/>.</param>
    /// <param name="progress">Told how far it is, or null.</param>
    /// <param name="cancellationToken">Gives up; nothing is left behind but the part of the stream that was written.</param>
    /// <returns>What the stream holds.</returns>
    /// <exception cref="ArgumentException">The format is not one for trees.</exception>
    /// <exception cref="CapabilityNotSupportedException">The engine lacks a feature.</exception>
    /// <exception cref="StorageEngineException">The engine failed, or the tree holds what the format cannot.</exception>
    public static Task<DifferentialSummary> ExportAsync(
        IStorageEngine engine, SnapshotInfo? baseSnapshot, SnapshotInfo target, Stream output, DifferentialFormat format,
        IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(output);
        var source = TreeSource.Open(engine, baseSnapshot, target, progress);
        return format switch
        {
            DifferentialFormat.BtrfsSend => new BtrfsExporter(source, new BtrfsSendWriter(output)).RunAsync(cancellationToken),
            DifferentialFormat.Tar => new TarExporter(source, output, progress).RunAsync(cancellationToken),
            _ => throw new ArgumentException($"{format} is not a format for trees; use BtrfsSend or Tar.", nameof(format)),
        };
    }

    /// <summary>
    /// Applies a stream to a directory of this machine. The whole stream is checked before the first write: checksums, completeness, paths. A whole
    /// snapshot goes to a new or empty directory; a difference to a directory that is known to hold its base. While the tree is being written it
    /// stands under <c>NAME.seng-applying</c> beside the target.
    /// </summary>
    /// <param name="input">The stream, from where it stands to its end; one that cannot be sought is copied to a temporary file. Stays the caller's.</param>
    /// <param name="targetDirectory">The directory, absolute or relative to the current one; not a mount point.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Gives up. A new tree is removed; one that was being changed stays aside, incomplete.</param>
    /// <returns>What the stream held.</returns>
    /// <exception cref="BaseMismatchException">The target is not the base; nothing was changed.</exception>
    /// <exception cref="CorruptDataException">The stream is damaged; nothing was changed.</exception>
    /// <exception cref="StorageEngineException">A path is unsafe, a command is not supported, or the file system refused something.</exception>
    public static async Task<DifferentialSummary> ApplyAsync(
        Stream input, BytePath targetDirectory, ApplyOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(input);
        options ??= new ApplyOptions();
        using SpooledInput spooled = await SpooledInput.OpenAsync(input, cancellationToken).ConfigureAwait(false);
        DifferentialFormat format = await DifferentialFormats.DetectAsync(spooled.Stream, cancellationToken).ConfigureAwait(false);
        return format switch
        {
            DifferentialFormat.BtrfsSend => await Task.Run(() => BtrfsStreamApply.Run(spooled, targetDirectory, options, cancellationToken), cancellationToken)
                .ConfigureAwait(false),
            DifferentialFormat.Tar => await Task.Run(() => new TarApply(spooled, targetDirectory, options).Run(cancellationToken), cancellationToken)
                .ConfigureAwait(false),
            _ => throw new StorageEngineException(
                EngineStatus.InvalidArgument, EngineReason.NotSupported, Recovery.FixRequest,
                $"This is a stream of format {format}, which is not for trees; apply it to an image or block device."),
        };
    }
}
