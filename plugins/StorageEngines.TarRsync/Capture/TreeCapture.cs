using StorageEngines.Posix;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Walk;

namespace StorageEngines.TarRsync.Capture;

/// <summary>
/// Takes a tree into a manifest: walks it beside the previous manifest; what is unchanged by status is taken over without being opened, the rest is read
/// by a few threads. Entries leave in order.
/// </summary>
internal sealed class TreeCapture
{
    private readonly ManifestWriter _manifest;
    private readonly ManifestReader? _previous;
    private readonly ProgressMeter _progress;
    private readonly FileCapture _files;
    private readonly OrderedEntries _entries;
    private readonly HardLinks _links = new();
    private readonly EntryCapture _one;
    private readonly Recheck? _recheck;

    internal TreeCapture(CaptureContext context)
    {
        _recheck = context.Recheck;
        _manifest = context.Writer.Manifest;
        _previous = context.Previous;
        _progress = new ProgressMeter(context.Progress, "capture");
        _files = new FileCapture(new DataReader(context.Writer, context.Meter, context.Chunking), context.Clones, context.Meter, context.Settling, context.Warnings, _progress);
        _entries = new OrderedEntries(context.Writer, context.Previous?.File, _files, _progress);
        _one = new EntryCapture(context, _files, _entries, _links);
    }

    /// <summary>Names in the volume.</summary>
    internal long Entries => _entries.Entries;

    /// <summary>The sizes of regular files, each file once.</summary>
    internal long VolumeBytes => _entries.VolumeBytes;

    /// <summary>At least one file did not hold still.</summary>
    internal bool AnyChanged => _files.AnyChanged;

    /// <summary>Takes the tree.</summary>
    /// <param name="walker">The walk, from its start.</param>
    /// <param name="cancellationToken">Gives up; no thread is left at work.</param>
    /// <exception cref="StorageEngineException">Something may not be read, or not be stored.</exception>
    internal void Run(TreeWalker walker, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var batch = new FrameBatch(walker);
        try
        {
            if (_previous is null)
            {
                All(walker, stop.Token);
            }
            else
            {
                _manifest.FollowFrames();
                ByFrames(walker, batch, _previous.File.Frames, stop.Token);
            }

            _entries.Drain(0, stop.Token);
            _progress.Report();
        }
        catch
        {
            stop.Cancel();
            _entries.Abandon();
            throw;
        }
        finally
        {
            batch.Clear();
        }
    }

    private void All(TreeWalker walker, CancellationToken cancellationToken)
    {
        while (walker.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            _one.Take(walker.Current, cancellationToken);
        }
    }

    // Frame by frame of the previous manifest: what falls into one is collected, and judged as a whole where that is possible.
    private void ByFrames(TreeWalker walker, FrameBatch batch, IReadOnlyList<FramePlace> frames, CancellationToken cancellationToken)
    {
        int frame = 0;
        bool oneByOne = Begin(frame, frames);
        while (walker.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (frame + 1 < frames.Count && TreeOrder.Compare(frames[frame + 1].FirstPath, walker.Path) <= 0)
            {
                End(frame, frames, batch, oneByOne, cancellationToken);
                while (frame + 1 < frames.Count && TreeOrder.Compare(frames[frame + 1].FirstPath, walker.Path) <= 0)
                {
                    frame++;
                }

                oneByOne = Begin(frame, frames);
            }

            if (!oneByOne && batch.IsFull)
            {
                oneByOne = true;
                Replay(frame, batch, cancellationToken);
            }

            if (oneByOne)
            {
                _one.Take(walker.Current, cancellationToken);
            }
            else
            {
                batch.Add();
            }
        }

        End(frame, frames, batch, oneByOne, cancellationToken);
    }

    private bool Begin(int frame, IReadOnlyList<FramePlace> frames)
    {
        bool oneByOne = frames.Count == 0 || frames[frame].Fingerprint.IsZero;
        if (oneByOne)
        {
            _one.GoTo(frame);
        }

        return oneByOne;
    }

    private void End(int frame, IReadOnlyList<FramePlace> frames, FrameBatch batch, bool oneByOne, CancellationToken cancellationToken)
    {
        if (!oneByOne && batch.Count > 0)
        {
            if (batch.Fingerprint == frames[frame].Fingerprint && _recheck?.WantsAny(batch) != true)
            {
                _entries.Drain(EntryCapture.MaxAhead, cancellationToken);
                _entries.AddFrame(frame, batch, RememberLinks(batch));
                batch.Clear();
                return;
            }

            _one.Take(frame, batch, cancellationToken);
            return;
        }

        _entries.EndFrame();
    }

    private void Replay(int frame, FrameBatch batch, CancellationToken cancellationToken)
    {
        _one.GoTo(frame);
        for (int i = 0; i < batch.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _one.Take(batch[i], cancellationToken);
        }

        batch.Clear();
    }

    // Names of one file may be in different frames, so those of unchanged ones are remembered too. Returns the bytes that were counted before.
    private long RememberLinks(FrameBatch batch)
    {
        long counted = 0;
        for (int i = 0; batch.HasLinks && i < batch.Count; i++)
        {
            ref readonly FileStatus status = ref batch[i].Status;
            if (!status.IsRegular || status.LinkCount < 2)
            {
                continue;
            }

            if (_links.TryFind(status, out _))
            {
                counted += status.Size;
            }
            else
            {
                _links.Remember(status, null);
            }
        }

        return counted;
    }
}
