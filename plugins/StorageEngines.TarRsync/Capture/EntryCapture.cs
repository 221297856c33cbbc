using StorageEngines.Posix;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store;
using StorageEngines.TarRsync.Walk;

namespace StorageEngines.TarRsync.Capture;

/// <summary>Takes entries one by one: what is unchanged by status is taken over without being opened, the rest is read by a few threads. One thread.</summary>
internal sealed class EntryCapture(CaptureContext context, FileCapture files, OrderedEntries entries, HardLinks links)
{
    /// <summary>How many entries may wait for one that is being read.</summary>
    internal const int MaxAhead = 256;

    private readonly ManifestReader? _previous = context.Previous;
    private readonly TaskScheduler _readers = new ConcurrentExclusiveSchedulerPair(TaskScheduler.Default, Math.Max(2, Environment.ProcessorCount)).ConcurrentScheduler;
    private bool _previousValid;
    private bool _matched;
    private int _passed;
    private FrameEdit? _edit;
    private ManifestEntry? _recheck;

    /// <summary>From now on entries are compared with a frame of the previous manifest.</summary>
    internal void GoTo(int frame) => _previousValid = _previous!.GoTo(frame);

    /// <summary>Takes one entry. They come in order.</summary>
    internal void Take(in WalkEntry walker, CancellationToken cancellationToken)
    {
        if (IsUnchanged(walker, out bool seen, out CaptureJob? first))
        {
            entries.Add(in _previous!.Current, seen);
        }
        else
        {
            Changed(walker, seen, first, cancellationToken);
        }

        entries.Drain(MaxAhead, cancellationToken);
    }

    /// <summary>Takes all entries that fall into a frame of the previous manifest in which something has changed; empties the batch.</summary>
    internal void Take(int frame, FrameBatch batch, CancellationToken cancellationToken)
    {
        GoTo(frame);
        var edit = _edit = new FrameEdit(batch.Statuses);
        try
        {
            Take(edit, batch, cancellationToken);
        }
        finally
        {
            _edit = null;
            entries.Add(edit); // After a failure, too: somebody has to wait for those that read.
        }

        batch.Release(entries.Buffer());
        entries.Drain(MaxAhead, cancellationToken);
    }

    private void Take(FrameEdit edit, FrameBatch batch, CancellationToken cancellationToken)
    {
        UnchangedRun? run = null;
        for (int i = 0; i < batch.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            WalkEntry walker = batch[i];
            if (!IsUnchanged(walker, out bool seen, out CaptureJob? first))
            {
                Changed(walker, seen, first, cancellationToken);
                run = null;
                continue;
            }

            bool isApart = _previous!.Current.Content.IsOfOneManifest;
            if (run is null || _passed != 1 || isApart || !_previous.Decoder.IsSplit)
            {
                run = new UnchangedRun(_previous.Decoder, batch.Statuses.Memory, batch.PathStart(i));
                edit.Add(run);
            }
            else
            {
                run.Extend(batch.PathStart(i));
            }

            run.CountedBytes += seen ? walker.Status.Size : 0;
        }
    }

    // Files with several names are remembered on the way: each call is for another name.
    private bool IsUnchanged(in WalkEntry walker, out bool seen, out CaptureJob? first)
    {
        _matched = MatchPrevious(walker.Path);
        (seen, first) = (false, null);
        if (walker.Status.IsRegular)
        {
            seen = links.TryFind(walker.Status, out first);
        }

        bool unchanged = _matched && !walker.IsBoundary && MetadataReader.IsUnchanged(_previous!.Current, walker.Status)
            && context.Clones.MayKeep(in _previous.Current);
        bool drawn = unchanged && context.Recheck is { } recheck && recheck.Wants(walker.Status);
        _recheck = drawn ? _previous!.Current : null;
        unchanged &= !drawn;
        if (unchanged && !seen && walker.Status.IsRegular)
        {
            links.Remember(walker.Status, null);
        }

        return unchanged;
    }

    private void Put(CaptureJob job)
    {
        if (_edit is { } edit)
        {
            edit.Add(job);
        }
        else
        {
            entries.Add(job);
        }
    }

    private void Changed(in WalkEntry walker, bool seen, CaptureJob? first, CancellationToken cancellationToken)
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
            context.Warnings.Add($"'{new BytePath(path)}' is a mount point; what is mounted there is not in the snapshot");
        }
        else if (!TryReadMetadata(walker, ref entry, cancellationToken))
        {
            return;
        }

        Put(new CaptureJob { Path = path, Entry = entry, Counted = seen });
    }

    private void Read(in WalkEntry walker, byte[] path, bool seen, CaptureJob? first, CancellationToken cancellationToken)
    {
        if (first is not null)
        {
            walker.Directory.AddUser();
            Put(new CaptureJob { Path = path, Directory = walker.Directory, SameFile = first, Work = first.Work, Counted = true });
            return;
        }

        walker.Directory.AddUser();
        // Only a file of several blocks has something to compare with while it is read.
        bool large = _matched && walker.Status.Size > StoreFormat.BlockSize && _previous!.Current.Type == TreeEntryType.File;
        var job = new CaptureJob
        {
            Path = path, Directory = walker.Directory, Counted = seen, Previous = large ? PreviousContent.Of(in _previous!.Current) : default,
        };
        Action work = _recheck is { } before ? () => context.Recheck!.Run(job, in before, files, cancellationToken) : () => files.Run(job, cancellationToken);
        job.Work = Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.None, _readers);
        if (!seen)
        {
            links.Remember(walker.Status, job);
        }

        Put(job);
    }

    private bool TryReadMetadata(in WalkEntry walker, ref ManifestEntry entry, CancellationToken cancellationToken)
    {
        DirectoryHandle directory = walker.Directory.Handle!;
        try
        {
            bool settled = context.Settling.IsSettled(entry.ChangedAt, cancellationToken);
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
        _passed = 0;
        while (_previousValid)
        {
            int order = TreeOrder.Compare(_previous!.Current.Path.Span, path);
            if (order >= 0)
            {
                return order == 0;
            }

            _previousValid = _previous.MoveNextInFrame();
            _passed++;
        }

        return false;
    }
}
