using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;
using StorageEngines.RbdDiffs;

namespace StorageEngines;

/// <summary>One application of an RBD diff to a file or device. Used once.</summary>
internal sealed class BlockApplier(Stream input, BytePath path, ApplyOptions options)
{
    private readonly string _source = "RBD diff";
    private readonly long _start = input.CanSeek ? input.Position : 0;
    private readonly TargetReceipts _receipts = new(options.StateDirectory);

    internal async Task<DifferentialSummary> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            _receipts.RequireWritable();
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
        await RequireSpaceAsync(file.Handle, cancellationToken).ConfigureAwait(false);
        var image = new BlockImage(file.Handle, isDevice: false, clearGaps: false);
        DifferentialSummary summary = await WriteAsync(reader, header, image, cancellationToken).ConfigureAwait(false);
        file.Publish(replace: false);
        Remember(header.With(reader.Source), path);
        return summary;
    }

    /// <summary>A stream that looks too long for what is free is read once more than usual, if it can be sought; its data is counted.</summary>
    private async Task RequireSpaceAsync(SafeFileHandle file, CancellationToken cancellationToken)
    {
        if (!input.CanSeek || !FreeSpace.IsShort(file, input.Length - input.Position))
        {
            return;
        }

        long back = input.Position;
        input.Position = _start;
        using var reader = new RbdDiffReader(input, _source);
        await reader.ReadHeaderAsync(cancellationToken).ConfigureAwait(false);
        long stored = 0;
        while (await reader.ReadRecordAsync(cancellationToken).ConfigureAwait(false) is { } range)
        {
            stored += range.State == ExtentState.Data ? range.Length : 0;
        }

        FreeSpace.Require(file, stored, "apply to", path);
        input.Position = back;
    }

    private async Task<DifferentialSummary> UpdateAsync(BlockTarget target, bool unfinished, CancellationToken cancellationToken)
    {
        using AtomicFile? spool = input.CanSeek ? null : target.CreateSpool();
        Stream stream = spool is null ? input : await SpoolAsync(spool, cancellationToken).ConfigureAwait(false);
        long start = stream.Position;
        BytePath place = unfinished ? target.ApplyingPath : path;
        target.RefuseStray();
        using SafeFileHandle handle = FileHandle.OpenReadWrite(place.Span);
        using FileLock hold = FileLock.TryAcquire(handle, exclusive: true) ?? throw new StorageEngineException(
            EngineStatus.Aborted, EngineReason.Locked, Recovery.RetryAfterBackoff, $"Another process is writing to '{place}'; wait for it to end.");
        bool isDevice = target.Kind == BlockTargetKind.Device;
        RbdDiffHeader header = await CheckAsync(
            stream, new BlockImage(handle, isDevice, clearGaps: false), handle, target, place, unfinished, cancellationToken).ConfigureAwait(false);
        stream.Position = start;
        using var reader = new RbdDiffReader(stream, _source);
        await reader.ReadHeaderAsync(cancellationToken).ConfigureAwait(false);
        var image = new BlockImage(handle, isDevice, clearGaps: header.From is null);
        cancellationToken.ThrowIfCancellationRequested();
        return await ReplaceAsync(target, unfinished, place, header, reader, image).ConfigureAwait(false);
    }

    /// <summary>From here on there is no way back, so nothing is cancelled.</summary>
    private async Task<DifferentialSummary> ReplaceAsync(
        BlockTarget target, bool unfinished, BytePath place, RbdDiffHeader header, RbdDiffReader reader, BlockImage image)
    {
        bool hide = target.Kind == BlockTargetKind.File;
        Announce(header, place);
        if (hide)
        {
            target.Hide();
        }

        DifferentialSummary summary = await FinishAsync(target, hide || unfinished, header, reader, image).ConfigureAwait(false);
        if (hide || unfinished)
        {
            Announce(header, target.ApplyingPath);
            target.Show();
        }

        Remember(header, path);
        return summary;
    }

    private async Task<DifferentialSummary> FinishAsync(BlockTarget target, bool hidden, RbdDiffHeader header, RbdDiffReader reader, BlockImage image)
    {
        string left = (hidden ? $"the half-written file is '{target.ApplyingPath}'" : "the device is half-written") + "; apply the same stream again to finish";
        try
        {
            return await WriteAsync(reader, header, image, CancellationToken.None).ConfigureAwait(false);
        }
        catch (PosixException error)
        {
            throw PortableErrors.From(error, "finish the apply to", path.ToString(), left);
        }
        catch (Exception error) when (error is IOException or CorruptDataException)
        {
            // It was read whole before, so it is not the stream that is wrong but what it comes from.
            throw new StorageEngineException(
                EngineStatus.Aborted, EngineReason.StreamCorrupt, Recovery.Retry,
                $"Cannot finish the apply to '{path}': the stream could not be read again: {error.Message} {left}.", error)
            { Operation = "apply" };
        }
    }

    /// <summary>Writes down which difference is being applied, and what the target looks like before the first write or after the last one.</summary>
    private void Announce(RbdDiffHeader header, BytePath place)
    {
        if (header is { FromIdentity: { } from, ToIdentity: { } to })
        {
            _receipts.Put(place, new TargetReceipt(from, path, ImageFingerprint.Of(place)) { Applying = to });
        }
        else
        {
            _receipts.Remove(place);
        }
    }

    /// <summary>Checks the base and the size, then reads the whole stream, and at last whether there is room. A base that is named behind the stream's end is checked there.</summary>
    /// <returns>What the stream says of itself at both ends.</returns>
    private async Task<RbdDiffHeader> CheckAsync(
        Stream stream, BlockImage image, SafeFileHandle handle, BlockTarget target, BytePath place, bool unfinished, CancellationToken cancellationToken)
    {
        using var reader = new RbdDiffReader(stream, _source);
        RbdDiffHeader header = await reader.ReadHeaderAsync(cancellationToken).ConfigureAwait(false);
        bool isNamed = header.From is null || header.FromIdentity is not null;
        if (isNamed)
        {
            RequireBase(header, target, place, unfinished);
        }

        image.RequireSize(header.SizeBytes, place);
        bool tight = target.Kind != BlockTargetKind.Device && FreeSpace.IsShort(handle, stream.Length - stream.Position);
        long missing = 0;
        while (await reader.ReadRecordAsync(cancellationToken).ConfigureAwait(false) is { } range)
        {
            // What is cleared gives room back.
            missing += !tight ? 0 : range.State == ExtentState.Data ? image.BytesWithoutRoom(range) : image.BytesWithoutRoom(range) - range.Length;
            options.Progress?.Report(new OperationProgress("verify", reader.Position, stream.Length));
        }

        header = header.With(reader.Source);
        if (!isNamed)
        {
            RequireBase(header, target, place, unfinished);
        }

        FreeSpace.Require(handle, missing, "apply to", path);
        return header;
    }

    private void RequireBase(RbdDiffHeader header, BlockTarget target, BytePath place, bool unfinished)
    {
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
