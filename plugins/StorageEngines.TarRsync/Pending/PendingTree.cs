using StorageEngines.Posix;
using StorageEngines.TarRsync.Capture;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Reading;
using StorageEngines.TarRsync.Walk;

namespace StorageEngines.TarRsync.Pending;

/// <summary>
/// Walks a tree beside the manifest of a snapshot. Where little changed, frames of the manifest are judged by their fingerprints; where the last one had a change,
/// the next ones are unpacked and merged at once, and a fingerprint is tried again after a while. One thread, beside those of the walk.
/// </summary>
internal sealed class PendingTree(ManifestReader previous, TreeWalker walker)
{
    private const int MostWithoutFingerprint = 32;

    private readonly TreeDifference _difference = new(default, maxExtents: 0, StoreFileDiff.RenameBudgetBytes);
    private readonly FrameBatch _batch = new(walker);
    private readonly HardLinks _links = new();
    private readonly IReadOnlyList<FramePlace> _frames = previous.File.Frames;
    private readonly List<FileChange> _found = [];
    private bool _previousValid;
    private int _unpackNext;
    private int _patience = 1;

    /// <summary>Names in the volume.</summary>
    internal long Entries { get; private set; }

    /// <summary>Regular files that a snapshot would read.</summary>
    internal long FilesToRead { get; private set; }

    /// <summary>Their sizes, in bytes.</summary>
    internal long BytesToRead { get; private set; }

    /// <summary>All changes.</summary>
    internal IEnumerable<FileChange> Changes(CancellationToken cancellationToken)
    {
        bool more = walker.MoveNext();
        for (int frame = 0; frame < _frames.Count || more; frame++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            more = Frame(frame, more);
            foreach (FileChange change in _found)
            {
                yield return change;
            }

            _found.Clear();
        }

        foreach (FileChange change in _difference.Late())
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return change;
        }
    }

    // Takes what falls into one frame; the last one has all that follows.
    private bool Frame(int frame, bool more)
    {
        byte[]? end = frame + 1 < _frames.Count ? _frames[frame + 1].FirstPath : null;
        bool byFingerprint = frame < _frames.Count && _unpackNext == 0 && !_frames[frame].Fingerprint.IsZero;
        if (byFingerprint)
        {
            more = Collect(end, more);
            if (!_batch.IsFull && IsUnchanged(frame))
            {
                Entries += _batch.Count;
                _batch.Clear();
                _patience = 1;
                return more;
            }

            (_unpackNext, _patience) = (_patience, Math.Min(_patience * 2, MostWithoutFingerprint));
        }
        else
        {
            _unpackNext = Math.Max(0, _unpackNext - 1);
        }

        _previousValid = frame < _frames.Count && previous.GoTo(frame);
        for (int i = 0; i < _batch.Count; i++)
        {
            Take(_batch[i]);
        }

        _batch.Clear();
        for (; more && IsBefore(end); more = walker.MoveNext())
        {
            Take(walker.Current);
        }

        while (_previousValid)
        {
            Gone();
        }

        return more;
    }

    private bool Collect(byte[]? end, bool more)
    {
        for (; more && !_batch.IsFull && IsBefore(end); more = walker.MoveNext())
        {
            _batch.Add();
        }

        return more;
    }

    private bool IsBefore(byte[]? end) => end is null || TreeOrder.Compare(walker.Path, end) < 0;

    private bool IsUnchanged(int frame)
        => _batch.Count > 0 && _batch.Fingerprint == _frames[frame].Fingerprint && !_difference.IsBelowSwapped(_batch.LastPath.ToArray())
            && !_difference.IsBelowSwapped(_frames[frame].FirstPath);

    private void Take(in WalkEntry now)
    {
        Entries++;
        while (_previousValid)
        {
            int order = TreeOrder.Compare(previous.Current.Path.Span, now.Path);
            if (order < 0)
            {
                Gone();
                continue;
            }

            if (order == 0)
            {
                Both(in now);
                _previousValid = previous.MoveNextInFrame();
                return;
            }

            break;
        }

        Count(in now);
        ManifestEntry entry = PendingEntry.Of(in now);
        Found(_difference.LookAtCame(in entry));
    }

    private void Gone()
    {
        Found(_difference.LookAtGone(in previous.Current));
        _previousValid = previous.MoveNextInFrame();
    }

    private void Both(in WalkEntry now)
    {
        bool unchanged = !now.IsBoundary && MetadataReader.IsUnchanged(in previous.Current, in now.Status);
        if (unchanged && !_difference.IsBelowSwapped(previous.Current.Path))
        {
            return;
        }

        if (!unchanged)
        {
            Count(in now);
        }

        ManifestEntry entry = PendingEntry.Of(in now);
        Found(_difference.LookAtBoth(in previous.Current, in entry));
    }

    private void Count(in WalkEntry now)
    {
        ref readonly FileStatus status = ref now.Status;
        if (!status.IsRegular || status.Size == 0 || now.IsBoundary || _links.TryFind(in status, out _))
        {
            return;
        }

        _links.Remember(in status, null);
        FilesToRead++;
        BytesToRead += status.Size;
    }

    private void Found(FileChange? change)
    {
        if (change is not null)
        {
            _found.Add(change.BaseEntry is { } old ? change with { BaseEntry = Own(old) } : change);
        }
    }

    // What the reader gave is valid only until its next step.
    private static TreeEntry Own(TreeEntry entry) => entry is { LinkTarget.IsEmpty: true, Attributes.Count: 0 } ? entry : entry with
    {
        LinkTarget = entry.LinkTarget.ToArray(),
        Attributes = [.. entry.Attributes.Select(a => new ExtendedAttribute(a.Name.ToArray(), a.Value.ToArray()))],
    };
}
