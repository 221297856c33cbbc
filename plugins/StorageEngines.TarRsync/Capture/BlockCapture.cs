using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Reflink;
using StorageEngines.TarRsync.Walk;

namespace StorageEngines.TarRsync.Capture;

/// <summary>Takes an image file or block device into a manifest of one entry.</summary>
internal sealed class BlockCapture(CaptureContext context, BytePath location)
{
    /// <summary>The volume's capacity in bytes.</summary>
    internal long CapacityBytes { get; private set; }

    /// <summary>The image is known to have held still; of a device that cannot be known.</summary>
    internal bool HeldStill { get; private set; }

    /// <summary>The image was cloned, at one instant.</summary>
    internal bool Cloned { get; private set; }

    /// <summary>
    /// Takes the image. If neither its times nor its size moved since the previous snapshot, nothing is read; a device has no such times and is always read.
    /// </summary>
    /// <exception cref="StorageEngineException">It may not be read, or not be stored.</exception>
    internal void Run(CancellationToken cancellationToken)
    {
        try
        {
            using SafeFileHandle image = FileHandle.OpenRead(location.Span);
            if (CloneCapture.TryTake(context.Reflink, context.Writer, image, location, out ManifestEntry entry))
            {
                Cloned = HeldStill = true;
                context.Clones.Count(FileStatus.Get(image));
            }

            for (int attempt = 1; !Cloned && !Take(image, attempt == FileCapture.Attempts, ref entry, cancellationToken); attempt++)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            CapacityBytes = entry.Size;
            context.Writer.AddEntry(in entry);
        }
        catch (PosixException e)
        {
            throw WalkErrors.From(e, "read volume", location);
        }
    }

    private PreviousContent Previous()
        => context.Previous is { } previous && (previous.Current.Inode != 0 || previous.MoveNext()) ? PreviousContent.Of(in previous.Current) : default;

    private bool Take(SafeFileHandle image, bool last, ref ManifestEntry entry, CancellationToken cancellationToken)
    {
        FileStatus before = FileStatus.Get(image);
        bool isFile = before.IsRegular;
        if (isFile && context.Previous is { } previous && (previous.Current.Inode != 0 || previous.MoveNext())
            && MetadataReader.IsUnchanged(in previous.Current, in before)
            && context.Recheck?.Passes(image, in previous.Current, location, cancellationToken) != false)
        {
            entry = previous.Current;
            HeldStill = true;
            return true;
        }

        bool settled = isFile && context.Settling.IsSettled(before.ChangeTime, cancellationToken);
        entry = MetadataReader.Entry(before);
        entry.Type = TreeEntryType.File;
        entry.Size = FileHandle.GetLength(image);
        entry.NodeMajor = entry.NodeMinor = 0;
        var progress = new ProgressMeter(context.Progress, "capture", entry.Size);
        context.Meter.FileOpened(location.Span);
        entry.Content = new DataReader(context.Writer, context.Meter, context.Chunking).ReadImage(image, entry.Size, Previous(), done => progress.Advance(done, 0), cancellationToken);
        progress.Report();
        if (isFile && !MetadataReader.HeldStill(before, FileStatus.Get(image)))
        {
            if (!last)
            {
                return false;
            }

            entry.ChangedWhileRead = true;
            context.Warnings.Add($"the image changed while it was read, {FileCapture.Attempts} times in a row; its content may be a mixture");
        }

        if (!settled || entry.ChangedWhileRead)
        {
            entry.ChangedAt = default;
        }

        HeldStill = isFile && !entry.ChangedWhileRead;
        return true;
    }
}
