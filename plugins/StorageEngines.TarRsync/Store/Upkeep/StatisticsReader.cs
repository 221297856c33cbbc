using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store.Indexing;

namespace StorageEngines.TarRsync.Store.Upkeep;

/// <summary>
/// Counts what a store holds. For each block two bytes say which snapshot needs it, or that several do; the sums come from one pass over the index. Not thread-safe.
/// </summary>
internal sealed class StatisticsReader : IDisposable
{
    private const ushort Shared = ushort.MaxValue;
    private const int MostFrames = 1 << 20;

    private readonly SnapshotStore _store;
    private readonly IndexState _index;
    private readonly ushort[][] _owners;
    private readonly BlockBatch _batch;
    private readonly ManifestBlocks _blocks;
    private readonly Dictionary<Sum128, (ushort Owner, long Bytes)> _frames = [];
    private readonly List<(SnapshotRef Ref, DateTimeOffset CreatedAt, long Bytes, ushort Owner)> _snapshots = [];
    private ushort _owner;
    private long _frameBytes;
    private long _snapshotBytes;

    internal StatisticsReader(SnapshotStore store)
    {
        _store = store;
        _index = store.OpenIndex();
        _owners = [.. _index.Parts.Select(part => new ushort[part.Segment.Places])];
        _batch = new BlockBatch(_index, Own);
        _blocks = new ManifestBlocks(IsKnown, Visit);
    }

    /// <summary>Counts.</summary>
    internal StoreStatistics Run(IProgress<OperationProgress>? progress, CancellationToken cancellationToken)
    {
        IReadOnlyList<VolumeRecord> volumes = _store.Volumes();
        foreach (VolumeRecord volume in volumes)
        {
            foreach (SnapshotRecord snapshot in _store.Snapshots(volume.Id))
            {
                progress?.Report(new OperationProgress("count", 0, null, _snapshots.Count));
                Take(VolumeLookup.Ref(volume.Id, volume.Location), snapshot, cancellationToken);
            }
        }
        return Sum(volumes.Count, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _index.Dispose();

    private void Take(VolumeRef volume, SnapshotRecord snapshot, CancellationToken cancellationToken)
    {
        // So many snapshots that their numbers do not fit are not told apart: what they need counts as shared.
        _owner = (ushort)Math.Min(_snapshots.Count + 1, Shared);
        _snapshotBytes = 0;
        if (snapshot.State != SnapshotState.MetadataOnly)
        {
            using ManifestFile file = _store.OpenManifestFile(snapshot);
            _blocks.List(file, Remember, null, cancellationToken);
            _batch.Flush();
        }
        _snapshots.Add((new SnapshotRef(volume, snapshot.Id, snapshot.Name), snapshot.CreatedAt, _snapshotBytes, _owner));
    }

    private void Own(int part, long place, int tag)
    {
        ref ushort owner = ref _owners[part][place];
        owner = owner == 0 || owner == _owner ? _owner : Shared;
    }

    // A frame that two snapshots have is listed twice, so that its blocks become shared; for all others its sum is enough.
    private bool IsKnown(FramePlace frame)
    {
        Sum128 checksum = frame.Checksum;
        if (!_frames.TryGetValue(checksum, out (ushort Owner, long Bytes) known))
            return false;
        if (known.Owner != Shared && known.Owner != _owner)
        {
            _frames[checksum] = (Shared, known.Bytes);
            return false;
        }
        _snapshotBytes += known.Bytes;
        return true;
    }

    private void Visit(in ManifestEntry entry, BlockRef block)
    {
        _batch.Add(block.Id);
        _frameBytes += block.Length;
    }

    private void Remember(Sum128 checksum, bool alone)
    {
        if (alone && _frames.Count < MostFrames)
            _frames.TryAdd(checksum, (_owner, _frameBytes));
        _snapshotBytes += _frameBytes;
        _frameBytes = 0;
    }

    private StoreStatistics Sum(int volumes, CancellationToken cancellationToken)
    {
        var exclusive = new long[Shared + 1];
        long unique = 0, stored = 0, garbage = 0, blocks = 0;
        (ulong Key, int Length) counted = default;
        var scan = new IndexScan(_index.Parts);
        for (long count = 0; scan.MoveNext(); count++)
        {
            if ((count & 0xFFFF) == 0)
                cancellationToken.ThrowIfCancellationRequested();
            IndexEntry entry = scan.Current;
            ushort owner = _owners[scan.Source][scan.Place];
            // A copy that an ended repack left behind is as good as garbage.
            if (owner == 0 || counted == (entry.Key, entry.PlainLength))
            {
                garbage += entry.StoredLength + PackEntry.Size;
                continue;
            }
            counted = (entry.Key, entry.PlainLength);
            blocks++;
            unique += entry.PlainLength;
            stored += entry.StoredLength;
            exclusive[owner] += entry.StoredLength + PackEntry.Size;
        }
        return new StoreStatistics
        {
            Volumes = volumes,
            ReferencedBytes = _snapshots.Sum(snapshot => snapshot.Bytes),
            UniqueBytes = unique,
            StoredBytes = stored,
            GarbageBytes = garbage,
            Blocks = blocks,
            Packs = _index.Packs.Count,
            PackBytes = _store.PackBytes(),
            MetadataBytes = _store.MetadataBytes(),
            Snapshots = [.. _snapshots.Select(one => new StoreSnapshotUsage(one.Ref, one.CreatedAt, one.Bytes, one.Owner == Shared ? 0 : exclusive[one.Owner]))],
        };
    }
}
