using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Capture;

/// <summary>Brings entries into the manifest in order, while those before them may still be read. Counts them. One thread.</summary>
internal sealed class OrderedEntries(SnapshotWriter writer, ManifestFile? previous, FileCapture files, ProgressMeter progress)
{
    private readonly Queue<CaptureJob> _ahead = new();
    private readonly Stack<ByteBuffer> _free = new();
    private int _weight;

    /// <summary>Nothing waits for its turn.</summary>
    internal bool IsEmpty => _ahead.Count == 0;

    /// <summary>Names in the volume.</summary>
    internal long Entries { get; private set; }

    /// <summary>The sizes of regular files, each file once.</summary>
    internal long VolumeBytes { get; private set; }

    /// <summary>Puts an entry behind all others.</summary>
    internal void Add(CaptureJob job)
    {
        _ahead.Enqueue(job);
        _weight += job.Weight;
    }

    /// <summary>Puts a frame with its changes behind all others.</summary>
    internal void Add(FrameEdit edit) => Add(new CaptureJob { Path = [], Edit = edit });

    /// <summary>A buffer that nobody needs any more, or a new one.</summary>
    internal ByteBuffer Buffer() => _free.TryPop(out ByteBuffer? buffer) ? buffer : new ByteBuffer(128 << 10);

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
        Add(new CaptureJob { Path = path, Entry = copy, Counted = counted });
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

        Add(new CaptureJob { Path = batch.LastPath.ToArray(), Frame = frame, FrameFiles = batch.Files, FrameBytes = batch.FileBytes });
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
        while (_ahead.TryPeek(out CaptureJob? job) && (_weight > allowed || job.IsReady))
        {
            Wait(job);
            _ahead.Dequeue();
            _weight -= job.Weight;
            if (job.Frame >= 0)
            {
                writer.Manifest.CopyFrame(previous!, job.Frame, job.Path, job.FrameFiles, job.FrameBytes);
            }
            else if (job.Edit is { } edit)
            {
                Emit(edit, cancellationToken);
            }
            else
            {
                Emit(job, cancellationToken);
            }
        }
    }

    /// <summary>Waits until nobody is at work, and forgets everything.</summary>
    internal void Abandon()
    {
        foreach (CaptureJob job in _ahead)
        {
            Abandon(job);
            foreach (FrameEdit.Piece piece in job.Edit?.Pieces ?? [])
            {
                Abandon(piece.Job);
            }
        }

        _ahead.Clear();
    }

    // The first failure is on its way to the caller already; what matters here is that nobody is at work any more.
    private static void Abandon(CaptureJob? job) => ((IAsyncResult?)job?.Work)?.AsyncWaitHandle.WaitOne();

    private static void Wait(CaptureJob job)
    {
        job.Work?.GetAwaiter().GetResult();
        foreach (FrameEdit.Piece piece in job.Edit?.Pieces ?? [])
        {
            piece.Job?.Work?.GetAwaiter().GetResult();
        }
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

    private void Emit(FrameEdit edit, CancellationToken cancellationToken)
    {
        foreach ((UnchangedRun? run, CaptureJob? job) in edit.Pieces)
        {
            if (run is null)
            {
                Emit(job!, cancellationToken);
                continue;
            }

            writer.Manifest.AddRun(run);
            Entries += 1 + run.More;
            VolumeBytes += run.FileBytes + (run.First.Type == TreeEntryType.File ? run.First.Size : 0) - run.CountedBytes;
            progress.Advance(0, 1 + run.More);
        }

        writer.Manifest.EndFrame();
        edit.Walked.Clear();
        _free.Push(edit.Walked);
    }

    private void Emit(CaptureJob job, CancellationToken cancellationToken)
    {
        CaptureJob source = Source(job, cancellationToken);
        if (!source.Vanished)
        {
            ManifestEntry entry = source.Entry;
            entry.Path = job.Path;
            Emit(in entry, job.Counted);
        }
    }

    private void Emit(in ManifestEntry entry, bool counted)
    {
        writer.AddEntry(in entry);
        Entries++;
        VolumeBytes += entry.Type == TreeEntryType.File && !counted ? entry.Size : 0;
        progress.Advance(0, 1);
    }
}
