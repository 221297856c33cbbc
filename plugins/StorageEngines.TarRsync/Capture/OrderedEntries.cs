using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Capture;

/// <summary>Brings entries into the manifest in order, while those before them may still be read. Counts them. One thread.</summary>
internal sealed class OrderedEntries(SnapshotWriter writer, ManifestFile? previous, FileCapture files, ProgressMeter progress)
{
    private readonly Queue<CaptureJob> _ahead = new();

    /// <summary>Nothing waits for its turn.</summary>
    internal bool IsEmpty => _ahead.Count == 0;

    /// <summary>Names in the volume.</summary>
    internal long Entries { get; private set; }

    /// <summary>The sizes of regular files, each file once.</summary>
    internal long VolumeBytes { get; private set; }

    /// <summary>Puts an entry behind all others.</summary>
    internal void Add(CaptureJob job) => _ahead.Enqueue(job);

    /// <summary>Adds an entry for which nothing has to be done.</summary>
    internal void Add(in ManifestEntry entry, bool counted)
    {
        if (IsEmpty)
        {
            Emit(in entry, counted);
            return;
        }

        byte[] path = entry.Path.ToArray();
        ManifestEntry copy = entry;
        copy.Path = path;
        _ahead.Enqueue(new CaptureJob { Path = path, Entry = copy, Counted = counted });
    }

    /// <summary>Adds a whole frame of the previous manifest.</summary>
    /// <param name="frame">Its number and its last path.</param>
    /// <param name="batch">The entries that were compared with it.</param>
    /// <param name="countedBytes">Bytes in it that are counted under names elsewhere, too.</param>
    internal void AddFrame(int frame, FrameBatch batch, long countedBytes)
    {
        Entries += batch.Count;
        VolumeBytes += batch.FileBytes - countedBytes;
        progress.Advance(0, batch.Count);
        if (IsEmpty)
        {
            writer.Manifest.CopyFrame(previous!, frame, batch.LastPath, batch.Files, batch.FileBytes);
            return;
        }

        _ahead.Enqueue(new CaptureJob { Path = batch.LastPath.ToArray(), Frame = frame, FrameFiles = batch.Files, FrameBytes = batch.FileBytes });
    }

    /// <summary>The entries of a frame of the previous manifest are in: a good place to end a frame.</summary>
    internal void EndFrame()
    {
        if (IsEmpty)
        {
            writer.Manifest.EndFrame();
        }
    }

    /// <summary>Writes what is ready, and waits until at most so many are not.</summary>
    internal void Drain(int allowed, CancellationToken cancellationToken)
    {
        while (_ahead.TryPeek(out CaptureJob? job) && (_ahead.Count > allowed || job.Work is null or { IsCompleted: true }))
        {
            job.Work?.GetAwaiter().GetResult();
            _ahead.Dequeue();
            if (job.Frame >= 0)
            {
                writer.Manifest.CopyFrame(previous!, job.Frame, job.Path, job.FrameFiles, job.FrameBytes);
                continue;
            }

            CaptureJob source = Source(job, cancellationToken);
            if (source.Vanished)
            {
                continue;
            }

            ManifestEntry entry = source.Entry;
            entry.Path = job.Path;
            Emit(in entry, job.Counted);
        }
    }

    /// <summary>Waits until nobody is at work, and forgets everything.</summary>
    internal void Abandon()
    {
        foreach (CaptureJob job in _ahead)
        {
            // The first failure is on its way to the caller already; what matters here is that nobody is at work any more.
            ((IAsyncResult?)job.Work)?.AsyncWaitHandle.WaitOne();
        }

        _ahead.Clear();
    }

    // A second name stands for its file with what was read through the first one; unless that one had gone, so that it is read through this one.
    private CaptureJob Source(CaptureJob job, CancellationToken cancellationToken)
    {
        if (job.SameFile is not { } first)
        {
            return job;
        }

        if (first.Vanished)
        {
            files.Run(job, cancellationToken);
            return job;
        }

        job.Directory!.RemoveUser();
        return first;
    }

    private void Emit(in ManifestEntry entry, bool counted)
    {
        writer.AddEntry(in entry);
        Entries++;
        VolumeBytes += entry.Type == TreeEntryType.File && !counted ? entry.Size : 0;
        progress.Advance(0, 1);
    }
}
