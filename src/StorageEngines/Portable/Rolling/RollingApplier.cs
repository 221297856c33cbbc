using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;
using StorageEngines.RbdDiffs;

namespace StorageEngines.Portable.Rolling;

/// <summary>
/// One application of a rolling difference to a restored image file. The result is made beside the file and takes its place in one step when it is whole and the
/// base is proven, so that nothing can be half-written. Used once.
/// </summary>
internal sealed class RollingApplier(Stream input, BytePath path, ApplyOptions options)
{
    private readonly TargetReceipts _receipts = new(options.StateDirectory);

    internal DifferentialSummary Run(CancellationToken cancellationToken)
    {
        try
        {
            _receipts.RequireWritable();
            using var target = new BlockTarget(path);
            RequireFile(target);
            using SafeFileHandle handle = FileHandle.OpenReadWrite(path.Span);
            using FileLock hold = FileLock.TryAcquire(handle, exclusive: true) ?? throw new StorageEngineException(
                EngineStatus.Aborted, EngineReason.Locked, Recovery.RetryAfterBackoff, $"Another process is writing to '{path}'; wait for it to end.");
            using FileByteSource source = FileByteSource.Open(path);
            FileStatus status = FileStatus.Get(handle);
            string fingerprint = ImageFingerprint.Of(path);
            using AtomicFile file = target.CreateNew(status.Mode & 0xFFF);
            var applier = new DeltaApplier(source, input, options.Progress);
            RollingPatchSummary summary = PatchedFile.Fill(file, applier, cancellationToken);
            RequireBase(applier.Trailer, summary.IsProven, fingerprint);
            FileWriting.CopyOwner(file.Handle, status);
            file.Publish(replace: true);
            Remember(applier.Trailer);
            return new DifferentialSummary(summary.DeltaBytes, summary.NewBytes, 0, summary.Commands);
        }
        catch (PosixException error)
        {
            throw PortableErrors.From(error, "apply to", path.ToString());
        }
    }

    private void RequireFile(BlockTarget target)
    {
        target.RefuseStray();
        if (target.Kind == BlockTargetKind.Absent)
        {
            throw new StorageEngineException(
                EngineStatus.NotFound, EngineReason.None, Recovery.FixRequest, $"'{path}' does not exist, and the delta needs its base there; restore the base first.");
        }

        if (target.Kind == BlockTargetKind.Device)
        {
            throw new StorageEngineException(
                EngineStatus.InvalidArgument, EngineReason.NotSupported, Recovery.FixRequest,
                $"'{path}' is a device, and an rdiff delta copies from places that it would have overwritten; export an RBD diff for a device.");
        }
    }

    /// <summary>A result with the checksum that the delta told is right whatever is known of the base; else what is known of it decides.</summary>
    private void RequireBase(RdiffTrailer? trailer, bool isProven, string fingerprint)
    {
        string now = ImageFingerprint.Of(path);
        if (now != fingerprint)
        {
            throw new BaseMismatchException(fingerprint, now, $"'{path}' was written to while the delta was applied to it. Nothing was changed. Restore the base to a new place.");
        }

        if (isProven || options.SkipBaseCheck)
        {
            return;
        }

        if (trailer?.From is not { } from)
        {
            throw new BaseMismatchException(
                "unknown", null,
                $"'{path}' cannot be proven to be the base of this delta: another program made it, and it does not name its base. Nothing was written. Skip the check if you know better.");
        }

        TargetReceipt? receipt = _receipts.Get(path);
        if (receipt is { Applying: { } applying })
        {
            throw new BaseMismatchException(
                from.ToString(), receipt.Snapshot.ToString(),
                $"'{path}' is not known to be the base {from} of this delta: an apply that was to bring it to {applying} was cut short. Nothing was written. Apply that stream again to finish it first.");
        }

        var header = new RbdDiffHeader(1, SnapshotIdentity.Format(from), trailer.To is { } to ? SnapshotIdentity.Format(to) : null, 0);
        BlockBaseCheck.Require(receipt, fingerprint, header, path);
    }

    private void Remember(RdiffTrailer? trailer)
    {
        if (trailer?.To is { } identity)
        {
            _receipts.Put(path, new TargetReceipt(identity, path, ImageFingerprint.Of(path)));
        }
        else
        {
            _receipts.Remove(path);
        }
    }
}
