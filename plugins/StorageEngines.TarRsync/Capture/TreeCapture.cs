using StorageEngines.Posix;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store;
using StorageEngines.TarRsync.Walk;

namespace StorageEngines.TarRsync.Capture;

/// <summary>
/// Takes a tree into a manifest: walks it beside the previous manifest; what is unchanged by status is taken over without being opened, the rest is read
/// by a few threads. Entries leave in order.
/// </summary>
internal sealed class TreeCapture
{
    private const int MaxAhead = 256;
    private readonly SnapshotWriter _writer;
    private readonly ManifestReader? _previous;
    private readonly ReadSettling _settling;
    private readonly FileCapture _files;
    private readonly CaptureWarnings _warnings;
    private readonly ProgressMeter _progress;
    private readonly HardLinks _links = new();
    private readonly Queue<CaptureJob> _ahead = new();
    private readonly TaskScheduler _readers = new ConcurrentExclusiveSchedulerPair(TaskScheduler.Default, Math.Max(2, Environment.ProcessorCount)).ConcurrentScheduler;
    private bool _previousValid;

    internal TreeCapture(CaptureContext context)
    {
        _writer = context.Writer;
        _previous = context.Previous;
        _settling = context.Settling;
        _warnings = context.Warnings;
        _progress = new ProgressMeter(context.Progress, "capture");
        _files = new FileCapture(new DataReader(context.Writer, context.Meter), context.Meter, context.Settling, context.Warnings, _progress);
    }

    /// <summary>Names in the volume.</summary>
    internal long Entries { get; private set; }

    /// <summary>The sizes of regular files, each file once.</summary>
    internal long VolumeBytes { get; private set; }

    /// <summary>At least one file did not hold still.</summary>
    internal bool AnyChanged => _files.AnyChanged;

    /// <summary>Takes the tree.</summary>
    /// <param name="walker">The walk, from its start.</param>
    /// <param name="cancellationToken">Gives up; no thread is left at work.</param>
    /// <exception cref="StorageEngineException">Something may not be read, or not be stored.</exception>
    internal void Run(TreeWalker walker, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            _previousValid = _previous?.MoveNext() ?? false;
            while (walker.MoveNext())
            {
                stop.Token.ThrowIfCancellationRequested();
                Take(walker, stop.Token);
                Drain(MaxAhead, stop.Token);
            }

            Drain(0, stop.Token);
            _progress.Report();
        }
        catch
        {
            stop.Cancel();
            Abandon();
            throw;
        }
    }

    private void Take(TreeWalker walker, CancellationToken cancellationToken)
    {
        bool known = MatchPrevious(walker.Path);
        bool seen = false;
        CaptureJob? first = null;
        if (walker.Status.IsRegular)
        {
            seen = _links.TryFind(walker.Status, out first);
        }

        if (known && !walker.IsBoundary && MetadataReader.IsUnchanged(_previous!.Current, walker.Status))
        {
            if (!seen && walker.Status.IsRegular)
            {
                _links.Remember(walker.Status, null);
            }

            Unchanged(walker, seen);
        }
        else
        {
            Changed(walker, seen, first, cancellationToken);
        }
    }

    private void Unchanged(TreeWalker walker, bool seen)
    {
        if (_ahead.Count == 0)
        {
            Emit(in _previous!.Current, seen);
            return;
        }

        byte[] path = walker.Path.ToArray();
        ManifestEntry entry = _previous!.Current;
        entry.Path = path;
        _ahead.Enqueue(new CaptureJob { Path = path, Entry = entry, Counted = seen });
    }

    private void Changed(TreeWalker walker, bool seen, CaptureJob? first, CancellationToken cancellationToken)
    {
        byte[] path = walker.Path.ToArray();
        if (walker.Status.IsRegular && !walker.IsBoundary)
        {
            Read(walker, path, seen, first, cancellationToken);
            return;
        }

        ManifestEntry entry = MetadataReader.Entry(walker.Status);
        if (walker.IsBoundary)
        {
            entry.Size = 0;
            entry.ChangedAt = default;
            _warnings.Add($"'{new BytePath(path)}' is a mount point; what is mounted there is not in the snapshot");
        }
        else if (!TryReadMetadata(walker, ref entry, cancellationToken))
        {
            return;
        }

        _ahead.Enqueue(new CaptureJob { Path = path, Entry = entry, Counted = seen });
    }

    private void Read(TreeWalker walker, byte[] path, bool seen, CaptureJob? first, CancellationToken cancellationToken)
    {
        if (first is not null)
        {
            walker.Directory.AddUser();
            _ahead.Enqueue(new CaptureJob { Path = path, Directory = walker.Directory, SameFile = first, Work = first.Work, Counted = true });
            return;
        }

        walker.Directory.AddUser();
        var job = new CaptureJob { Path = path, Directory = walker.Directory, Counted = seen };
        job.Work = Task.Factory.StartNew(() => _files.Run(job, cancellationToken), CancellationToken.None, TaskCreationOptions.None, _readers);
        if (!seen)
        {
            _links.Remember(walker.Status, job);
        }

        _ahead.Enqueue(job);
    }

    private bool TryReadMetadata(TreeWalker walker, ref ManifestEntry entry, CancellationToken cancellationToken)
    {
        DirectoryHandle directory = walker.Directory.Handle!;
        try
        {
            bool settled = _settling.IsSettled(entry.ChangedAt, cancellationToken);
            entry.Attributes = MetadataReader.Attributes(directory, walker.Name);
            if (entry.Type == TreeEntryType.SymbolicLink)
            {
                byte[] target = directory.ReadLink(walker.Name);
                entry.LinkTarget = target;
                entry.Size = target.Length;
            }

            entry.ChangedAt = settled ? entry.ChangedAt : default;
            return true;
        }
        catch (PosixException e) when (e.Errno is Errno.ENOENT or Errno.EINVAL or Errno.ENOTDIR)
        {
            // It went away. A directory stays in: the walk may still show what was below it.
            return entry.Type == TreeEntryType.Directory;
        }
        catch (PosixException e)
        {
            throw WalkErrors.From(e, "read the attributes of", new BytePath(walker.Path.ToArray()));
        }
    }

    private bool MatchPrevious(ReadOnlySpan<byte> path)
    {
        while (_previousValid)
        {
            int order = TreeOrder.Compare(_previous!.Current.Path.Span, path);
            if (order >= 0)
            {
                return order == 0;
            }

            _previousValid = _previous.MoveNext();
        }

        return false;
    }

    private void Drain(int allowed, CancellationToken cancellationToken)
    {
        while (_ahead.TryPeek(out CaptureJob? job) && (_ahead.Count > allowed || job.Work is null or { IsCompleted: true }))
        {
            job.Work?.GetAwaiter().GetResult();
            _ahead.Dequeue();
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

    // A second name stands for its file with what was read through the first one; unless that one had gone, so that it is read through this one.
    private CaptureJob Source(CaptureJob job, CancellationToken cancellationToken)
    {
        if (job.SameFile is not { } first)
        {
            return job;
        }

        if (first.Vanished)
        {
            _files.Run(job, cancellationToken);
            return job;
        }

        job.Directory!.RemoveUser();
        return first;
    }

    private void Emit(in ManifestEntry entry, bool counted)
    {
        _writer.AddEntry(in entry);
        Entries++;
        VolumeBytes += entry.Type == TreeEntryType.File && !counted ? entry.Size : 0;
        _progress.Advance(0, 1);
    }

    private void Abandon()
    {
        foreach (CaptureJob job in _ahead)
        {
            // The first failure is on its way to the caller already; what matters here is that nobody is at work any more.
            ((IAsyncResult?)job.Work)?.AsyncWaitHandle.WaitOne();
        }

        _ahead.Clear();
    }
}
