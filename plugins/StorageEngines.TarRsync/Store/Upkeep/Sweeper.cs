using StorageEngines.TarRsync.Store.Indexing;

namespace StorageEngines.TarRsync.Store.Upkeep;

/// <summary>
/// Removes what has been garbage for the grace period, by the holder of the lock. Every candidate was found to be garbage with the marks of all snapshots that
/// there are now, so that an end at any point loses nothing.
/// </summary>
internal sealed class Sweeper(SnapshotStore store, TimeProvider time, TimeSpan grace)
{
    private readonly Dictionary<string, DateTimeOffset> _since = [];
    private long _freed;
    private long _pending;
    private DateTimeOffset? _until;

    /// <summary>Removes what may go and notes what has to wait.</summary>
    /// <param name="index">All packs of the marks.</param>
    /// <param name="use">What of each is needed.</param>
    /// <param name="rewritten">Packs all of whose needed blocks are in others by now.</param>
    internal StoreCollectReport Run(IndexState index, PackUse[] use, IReadOnlySet<PackId> rewritten)
    {
        Dictionary<string, DateTimeOffset> known = store.ReadGarbage();
        HashSet<PackId> damaged = [.. index.Damaged.Select(pack => PackId.FromName(Path.GetFileName(pack.Path)))];
        long unused = 0;
        bool changed = false;
        for (int i = 0; i < use.Length; i++)
        {
            // What is left of a damaged pack may be all that there is; a person decides.
            PackId id = index.Packs[i];
            if (damaged.Contains(id))
                continue;
            if (use[i].LiveBlocks == 0 || rewritten.Contains(id))
                changed |= Judge(store.PackPath(id), known);
            else
                unused += use[i].UnusedBytes;
        }
        foreach (string manifest in store.OrphanManifests())
            Judge(manifest, known);
        if (_since.Count != known.Count || _since.Any(one => known.GetValueOrDefault(one.Key) != one.Value))
            store.WriteGarbage(_since);
        if (changed)
            store.ForgetPacks();
        return new StoreCollectReport(_freed, _pending, _until, unused);
    }

    private bool Judge(string path, Dictionary<string, DateTimeOffset> known)
    {
        var file = new FileInfo(path);
        if (!file.Exists)
            return false;
        long length = file.Length;
        DateTimeOffset now = time.GetUtcNow();
        DateTimeOffset since = known.TryGetValue(file.Name, out DateTimeOffset before) && before < now ? before : now;
        if (now - since < grace)
        {
            _since[file.Name] = since;
            _pending += length;
            _until = _until is { } until && until > since + grace ? until : since + grace;
            return false;
        }
        store.RemoveGarbage(path);
        _freed += length;
        return true;
    }
}
