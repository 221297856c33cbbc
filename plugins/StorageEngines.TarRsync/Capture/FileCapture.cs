using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Reflink;
using StorageEngines.TarRsync.Walk;

namespace StorageEngines.TarRsync.Capture;

/// <summary>Reads one file with its attributes, and makes sure that it held still meanwhile. Safe for use by several threads.</summary>
internal sealed class FileCapture(
    DataReader reader, TreeClones clones, IVolumeReadMeter meter, ReadSettling settling, CaptureWarnings warnings, ProgressMeter progress)
{
    /// <summary>How often a file that changes is read before it is taken as it is.</summary>
    internal const int Attempts = 3;

    /// <summary>At least one file did not hold still.</summary>
    internal bool AnyChanged { get; private set; }

    /// <summary>Fills in the job's entry.</summary>
    /// <exception cref="StorageEngineException">It may not be read.</exception>
    internal void Run(CaptureJob job, CancellationToken cancellationToken)
    {
        try
        {
            for (int attempt = 1; !Read(job, attempt == Attempts, cancellationToken); attempt++)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        catch (PosixException e) when (e.Errno is Errno.ENOENT or Errno.ELOOP or Errno.EINVAL or Errno.ENOTDIR or Errno.ESTALE)
        {
            job.Vanished = true; // It is gone, or something else has its name now.
            if (e.Errno != Errno.ENOENT)
            {
                warnings.Add($"'{new BytePath(job.Path)}' became another file while it was to be read; it is not in the snapshot");
            }
        }
        catch (PosixException e)
        {
            throw WalkErrors.From(e, "read file", new BytePath(job.Path));
        }
        finally
        {
            job.Directory!.RemoveUser();
        }
    }

    private bool Read(CaptureJob job, bool last, CancellationToken cancellationToken)
    {
        DirectoryHandle directory = job.Directory!.Handle!;
        using SafeFileHandle file = FileHandle.OpenRegular(directory, job.Name, out FileStatus before);
        bool settled = settling.IsSettled(before.ChangeTime, cancellationToken);
        ManifestEntry entry = MetadataReader.Entry(before);
        entry.Attributes = MetadataReader.Attributes(directory, job.Name);
        bool cloned = clones.TryTake(file, in before, job.Path, ref entry);
        if (cloned)
        {
            progress.Advance(entry.Size, 0);
        }
        else if (entry.Size > 0)
        {
            meter.FileOpened(job.Path);
            entry.Content = reader.ReadFile(file, in before, job.Previous, done => progress.Advance(done, 0), cancellationToken);
        }

        bool heldStill = MetadataReader.HeldStill(before, FileStatus.Get(file));
        if (!heldStill && !last)
        {
            clones.Drop(entry.Content);
            return false;
        }

        // A clone is of one instant all the same; only its times may be of another.
        if (!heldStill && !cloned)
        {
            entry.ChangedWhileRead = true;
            AnyChanged = true;
            warnings.Add($"'{new BytePath(job.Path)}' changed while it was read, {Attempts} times in a row; its content may be a mixture");
        }

        if (!settled || !heldStill)
        {
            entry.ChangedAt = default;
        }

        if (cloned)
        {
            clones.Count(in before);
        }

        job.Entry = entry;
        return true;
    }
}
