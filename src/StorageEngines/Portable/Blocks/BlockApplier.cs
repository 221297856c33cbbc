using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;

namespace StorageEngines;

/// <summary>One application of an RBD diff to a file or device. Used once.</summary>
internal sealed class BlockApplier(Stream input, BytePath path, ApplyOptions options)
{
    private readonly string _source = "RBD diff";
    private readonly TargetReceipts _receipts = new(options.StateDirectory);

    internal async Task<DifferentialSummary> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var target = new BlockTarget(path);
            bool unfinished = target.Kind == BlockTargetKind.Absent && target.HasUnfinished();
            return target.Kind == BlockTargetKind.Absent && !unfinished
                ? await CreateAsync(target, cancellationToken).ConfigureAwait(false)
                : await UpdateAsync(target, unfinished, cancellationToken).ConfigureAwait(false);
        }
        catch (PosixException error)
        {
            throw PortableErrors.From(error, "apply to", path.ToString());
        }
    }

    /// <summary>A full stream into a new file: one pass, since nothing appears before everything was checked.</summary>
    private async Task<DifferentialSummary> CreateAsync(BlockTarget target, CancellationToken cancellationToken)
    {
        using var reader = new RbdDiffReader(input, _source);
        RbdDiffHeader header = await reader.ReadHeaderAsync(cancellationToken).ConfigureAwait(false);
        if (header.From is not null)
        {
            throw new StorageEngineException(
                EngineStatus.NotFound, EngineReason.None, Recovery.FixRequest,
                $"'{path}' does not exist, and the stream is a difference that needs its base there; restore the base first.");
        }

        using AtomicFile file = target.CreateNew();
        var image = new BlockImage(file.Handle, isDevice: false, clearGaps: false);
        DifferentialSummary summary = await WriteAsync(reader, header, image, cancellationToken).ConfigureAwait(false);
        file.Publish(replace: false);
        Remember(header, path);
        return summary;
    }

    private async Task<DifferentialSummary> UpdateAsync(BlockTarget target, bool unfinished, CancellationToken cancellationToken)
    {
        using AtomicFile? spool = input.CanSeek ? null : target.CreateSpool();
        Stream stream = spool is null ? input : await SpoolAsync(spool, cancellationToken).ConfigureAwait(false);
        long start = stream.Position;
        BytePath place = unfinished ? target.ApplyingPath : path;
        using SafeFileHandle handle = FileHandle.OpenReadWrite(place.Span);
        using FileLock hold = FileLock.TryAcquire(handle, exclusive: true) ?? throw new StorageEngineException(
            EngineStatus.Aborted, EngineReason.Locked, Recovery.RetryAfterBackoff, $"Another process is writing to '{place}'; wait for it to end.");
        RbdDiffHeader header = await CheckAsync(stream, target, place, unfinished, cancellationToken).ConfigureAwait(false);
        var image = new BlockImage(handle, target.Kind == BlockTargetKind.Device, clearGaps: header.From is null);
        stream.Position = start;
        using var reader = new RbdDiffReader(stream, _source);
        await reader.ReadHeaderAsync(cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return await ReplaceAsync(target, unfinished, place, header, reader, image).ConfigureAwait(false);
    }

    /// <summary>From here on there is no way back, so nothing is cancelled.</summary>
    private async Task<DifferentialSummary> ReplaceAsync(
        BlockTarget target, bool unfinished, BytePath place, RbdDiffHeader header, RbdDiffReader reader, BlockImage image)
    {
        bool hide = target.Kind == BlockTargetKind.File;
        if (header is { FromIdentity: { } from, ToIdentity: { } to })
        {
            _receipts.Put(place, new TargetReceipt(from, path, "") { Applying = to });
        }
        else
        {
            _receipts.Remove(place);
        }

        if (hide)
        {
            target.Hide();
        }

        DifferentialSummary summary;
        try
        {
            summary = await WriteAsync(reader, header, image, CancellationToken.None).ConfigureAwait(false);
        }
        catch (PosixException error)
        {
            string left = hide || unfinished ? $"the half-written file is '{target.ApplyingPath}'" : "the device is half-written";
            throw PortableErrors.From(error, "finish the apply to", path.ToString(), $"{left}; apply the same stream again to finish");
        }

        if (hide || unfinished)
        {
            target.Show();
        }

        Remember(header, path);
        return summary;
    }

    /// <summary>Checks the base, and then reads the whole stream.</summary>
    private async Task<RbdDiffHeader> CheckAsync(Stream stream, BlockTarget target, BytePath place, bool unfinished, CancellationToken cancellationToken)
    {
        using var reader = new RbdDiffReader(stream, _source);
        RbdDiffHeader header = await reader.ReadHeaderAsync(cancellationToken).ConfigureAwait(false);
        if (header.From is null)
        {
            if (target.Kind != BlockTargetKind.Device)
            {
                throw new StorageEngineException(
                    EngineStatus.AlreadyExists, EngineReason.NameTaken, Recovery.FixRequest,
                    $"'{place}' exists, and the stream is a full one, which makes a new file; choose another path, or remove the file first.");
            }
        }
        else if (unfinished)
        {
            BlockBaseCheck.RequireUnfinished(_receipts.Get(place), header, place);
        }
        else if (!options.SkipBaseCheck)
        {
            BlockBaseCheck.Require(_receipts.Get(place), ImageFingerprint.Of(place), header, place);
        }

        while (await reader.ReadRecordAsync(cancellationToken).ConfigureAwait(false) is not null)
        {
            options.Progress?.Report(new OperationProgress("verify", reader.Position, stream.Length));
        }

        return header;
    }

    private async Task<DifferentialSummary> WriteAsync(
        RbdDiffReader reader, RbdDiffHeader header, BlockImage image, CancellationToken cancellationToken)
    {
        image.SetSize(header.SizeBytes);
        var buffer = new byte[RbdDiffFormat.MaxWriteBytes];
        long records = 0;
        while (await reader.ReadRecordAsync(cancellationToken).ConfigureAwait(false) is { } range)
        {
            records++;
            if (range.State == ExtentState.Zero)
            {
                image.Zero(range);
            }

            int read;
            for (long at = range.Offset; (read = await reader.ReadDataAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0; at += read)
            {
                image.Write(at, buffer.AsSpan(0, read));
            }

            options.Progress?.Report(new OperationProgress("apply", image.DataBytes, null, records));
        }

        image.Finish();
        return new DifferentialSummary(reader.Position, image.DataBytes, image.ZeroBytes, records);
    }

    private async Task<Stream> SpoolAsync(AtomicFile spool, CancellationToken cancellationToken)
    {
        var buffer = new byte[RbdDiffFormat.MaxWriteBytes];
        long at = 0;
        int read;
        while ((read = await input.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            FileWriting.WriteAt(spool.Handle, buffer.AsSpan(0, read), at);
            at += read;
            options.Progress?.Report(new OperationProgress("receive", at, null));
        }

        return new FileStream(spool.Handle, FileAccess.Read, bufferSize: 0);
    }

    private void Remember(RbdDiffHeader header, BytePath place)
    {
        if (header.ToIdentity is { } identity)
        {
            _receipts.Put(place, new TargetReceipt(identity, place, ImageFingerprint.Of(place)));
        }
        else
        {
            _receipts.Remove(place);
        }
    }
}
