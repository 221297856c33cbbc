using StorageEngines.CephRbd.Blocks;
using StorageEngines.CephRbd.Hosts;
using StorageEngines.CephRbd.Images;

namespace StorageEngines.CephRbd.Transfer;

/// <summary>Streams as <c>rbd export-diff</c> writes and <c>rbd import-diff</c> reads them. Safe for use by several threads.</summary>
internal sealed class CephRbdDifferentials(ImageCatalog catalog, ImageDifferences differences) : IDifferentials
{
    /// <summary>The format.</summary>
    internal const string Format = "rbd-diff";

    /// <summary>Its version.</summary>
    internal const int Version = 1;

    /// <inheritdoc/>
    public async Task<TransferPlan> PlanAsync(ChangeToken? baseSnapshot, SnapshotRef targetSnapshot, string? resumeToken = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(targetSnapshot);
        (IOpenImage open, RbdSnapshot to) = await catalog.OpenAsync(targetSnapshot, cancellationToken).ConfigureAwait(false);
        await using (open.ConfigureAwait(false))
        {
            RbdSnapshot? from = baseSnapshot is null ? null : differences.FindBase(open.State, baseSnapshot, to);
            if (from?.Id == to.Id)
            {
                throw new StorageEngineException(
                    EngineStatus.InvalidArgument, EngineReason.None, Recovery.FixRequest, $"Base and target are the same snapshot, '{open.State.RefOf(to)}': there is nothing to export.")
                { Engine = CephRbdEngineFactory.SchemeName, Operation = "plan" };
            }

            DiffRequest request = await differences.ChooseAsync(open, from, to, 0, cancellationToken).ConfigureAwait(false);
            List<string> steps = resumeToken is null ? [] : ["The stream cannot be resumed, because this format has no place to go on from: it begins anew."];
            steps.Add(from is null ? $"Write all of '{open.State.RefOf(to)}' that was ever written." : $"Write what changed from '{from.Label}' to '{to.Label}' of '{open.State.Image.Path}'.");
            steps.Add($"What that is, is looked for in the mode '{request.Mode.Name()}'.");
            return new TransferPlan(Format, Version, baseSnapshot, targetSnapshot, null, null, steps);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The plan is not one of this engine.</exception>
    /// <remarks>Implements: rbd_diff_iterate2, rbd_diff_iterate3, rbd_read; <c>rbd diff</c>, rbd(8). The bytes are those of <c>rbd export-diff</c>.</remarks>
    public Task ExportAsync(TransferPlan plan, Stream output, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(output);
        return plan is { Format: Format, FormatVersion: Version, ResumeToken: null }
            ? new DiffExport(catalog, differences, output, progress).RunAsync(plan.Base, plan.Target, cancellationToken)
            : throw new ArgumentException($"The plan is for the format '{plan.Format}', version {plan.FormatVersion}; this engine writes '{Format}', version {Version}, from its beginning.", nameof(plan));
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Streams of <c>rbd export-diff</c> and portable ones are taken too. A full stream is applied to an image without snapshots, whose content it replaces. Implements: rbd_resize, rbd_write, rbd_write_zeroes,
    /// rbd_flush, rbd_snap_create; <c>rbd import-diff</c>, rbd(8).
    /// </remarks>
    /// <exception cref="SnapshotInUseException">Somebody has the image open.</exception>
    public async Task<SnapshotInfo> ApplyAsync(Stream input, VolumeRef target, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(target);
        IOpenImage before = await catalog.OpenAsync(target, cancellationToken).ConfigureAwait(false); // A wrong name is told before a long stream is taken.
        await before.DisposeAsync().ConfigureAwait(false);
        await using ReceivedDiff diff = await ReceivedDiff.TakeAsync(input, progress, cancellationToken).ConfigureAwait(false);
        await using IOpenImage open = await catalog.OpenAsync(target, cancellationToken).ConfigureAwait(false);
        return await new DiffApply(catalog, differences, diff, open, progress).RunAsync(cancellationToken).ConfigureAwait(false);
    }
}
