using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store.Indexing;

namespace StorageEngines.TarRsync.Store.Upkeep;

/// <summary>
/// Which blocks are needed: one bit for each place in the index as it was at the beginning. The index is this object's own, so that writers may go on meanwhile;
/// packs that came later are not in it and count as needed. Not thread-safe.
/// </summary>
internal sealed class Reachability : IDisposable
{
    private const int MostFrames = 1 << 20;

    private readonly ulong[][] _bits;
    private readonly HashSet<Sum128> _frames = [];
    private readonly HashSet<string> _marked = new(StringComparer.Ordinal);
    private readonly PackPool _packs;
    private readonly ManifestBlocks _blocks;
    private readonly BlockBatch _batch;

    internal Reachability(SnapshotStore store)
    {
        Index = store.OpenIndex();
        _packs = new PackPool(store.PackPath);
        _bits = [.. Index.Parts.Select(part => new ulong[(part.Segment.Places + 63) / 64])];
        _batch = new BlockBatch(Index, (part, place, _) => _bits[part][place >> 6] |= 1UL << (int)(place & 63));
        _blocks = new ManifestBlocks(frame => _frames.Contains(frame.Checksum), (in ManifestEntry _, BlockRef block) => _batch.Add(block.Id));
    }

    /// <summary>The index.</summary>
    internal IndexState Index { get; }

    /// <summary>What of each pack is needed, by the pack's number; known after <see cref="Measure"/>.</summary>
    internal PackUse[] Use { get; private set; } = [];

    /// <summary>Marks what the snapshots need that were not marked yet.</summary>
    /// <param name="store">The store, open for reading or for writing.</param>
    /// <param name="progress">Told how far it is, or null.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False if there was nothing to mark.</returns>
    /// <exception cref="CorruptDataException">A record or a manifest is damaged: it is not known what it needs.</exception>
    internal bool Mark(SnapshotStore store, IProgress<OperationProgress>? progress, CancellationToken cancellationToken)
    {
        List<SnapshotRecord> snapshots = [.. store.Volumes().SelectMany(volume => store.Snapshots(volume.Id))
            .Where(snapshot => snapshot.State != SnapshotState.MetadataOnly && !_marked.Contains(snapshot.Id))];
        int done = 0;
        foreach (SnapshotRecord snapshot in snapshots)
        {
            progress?.Report(new OperationProgress("mark", 0, null, done++, snapshots.Count));
            try
            {
                using ManifestFile file = store.OpenManifestFile(snapshot);
                _blocks.List(file, Remember, null, cancellationToken);
            }
            catch (SnapshotNotFoundException)
            {
                continue; // Deleted since it was listed.
            }
            _marked.Add(snapshot.Id);
        }
        foreach (string path in store.QuarantinedManifests().Where(path => _marked.Add(path)))
            MarkQuarantined(path, cancellationToken);
        _batch.Flush();
        return snapshots.Count > 0;
    }

    /// <summary>
    /// Counts what of each pack is needed. Of a block that is in several places one is kept, if possible not in a pack that is to go.
    /// </summary>
    /// <param name="leaving">The packs that are to go.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal void Measure(IReadOnlySet<PackId> leaving, CancellationToken cancellationToken)
    {
        var use = new PackUse[Index.Packs.Count];
        var scan = new IndexScan(Index.Parts);
        var same = new List<(int Part, long Place, IndexEntry Entry)>();
        for (long count = 0; scan.MoveNext(); count++)
        {
            if ((count & 0xFFFF) == 0)
                cancellationToken.ThrowIfCancellationRequested();
            if (same.Count > 0 && same[0].Entry.Key != scan.Current.Key)
                Settle(same, leaving, use);
            same.Add((scan.Source, scan.Place, scan.Current));
        }
        Settle(same, leaving, use);
        Use = use;
    }

    /// <summary>The offsets of the records that are needed, of some packs; ascending.</summary>
    internal Dictionary<int, List<uint>> Live(IEnumerable<int> packs)
    {
        Dictionary<int, List<uint>> live = packs.ToDictionary(pack => pack, _ => new List<uint>());
        var scan = new IndexScan(Index.Parts);
        while (scan.MoveNext())
        {
            if (IsLive(scan.Source, scan.Place) && live.TryGetValue(scan.Current.Pack, out List<uint>? offsets))
                offsets.Add(scan.Current.Offset);
        }
        foreach (List<uint> offsets in live.Values)
            offsets.Sort();
        return live;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Index.Dispose();
        _packs.Dispose();
    }

    private void Remember(Sum128 checksum, bool alone)
    {
        if (alone && _frames.Count < MostFrames)
            _frames.Add(checksum);
    }

    // What was moved aside may be moved back; as far as it can be read, what it needs stays.
    private void MarkQuarantined(string path, CancellationToken cancellationToken)
    {
        try
        {
            using ManifestFile? file = ManifestFile.Open(path);
            if (file is not null)
                _blocks.List(file, Remember, _ => { }, cancellationToken);
        }
        catch (CorruptDataException)
        {
            return; // Nothing of it can be read.
        }
    }

    private bool IsLive(int part, long place) => (_bits[part][place >> 6] & (1UL << (int)(place & 63))) != 0;

    private void Settle(List<(int Part, long Place, IndexEntry Entry)> same, IReadOnlySet<PackId> leaving, PackUse[] use)
    {
        if (same.Count > 1 && same.Exists(one => IsLive(one.Part, one.Place)))
            KeepOne(same, leaving);
        foreach ((int part, long place, IndexEntry entry) in same)
            use[entry.Pack].Count(entry.StoredLength, IsLive(part, place));
        same.Clear();
    }

    // Entries with the same key are most likely one block, left in two packs by a repack that was ended; the records say so. One whose record cannot be read stays.
    private void KeepOne(List<(int Part, long Place, IndexEntry Entry)> same, IReadOnlySet<PackId> leaving)
    {
        var kept = new HashSet<BlockId>();
        foreach ((int part, long place, IndexEntry entry) in same.OrderBy(one => leaving.Contains(Index.Packs[one.Entry.Pack])))
        {
            if (_packs[Index.Packs[entry.Pack]].TryHead(entry.Offset, out PackEntry record) && !kept.Add(record.Id))
                _bits[part][place >> 6] &= ~(1UL << (int)(place & 63));
        }
    }
}
