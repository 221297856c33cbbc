using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Store.Indexing;

/// <summary>
/// All packs of a store and where their blocks are: index segments for most, a table in memory for the packs that no segment covers. What does not fit into
/// the table goes to a new segment, so that memory does not grow with the store. Lookups are safe for several threads beside each other, not beside a change.
/// </summary>
internal sealed class IndexState : IDisposable
{
    /// <summary>The most entries in memory; 24 MiB.</summary>
    internal const int MaxFresh = 700_000;

    private const int MaxParts = 12;
    private const int MostPasses = 100;

    private readonly IndexFiles _files;
    private readonly int _maxFresh;
    private readonly List<IndexPart> _parts = [];
    private readonly List<PackId> _packs = [];
    private readonly Dictionary<PackId, int> _numbers = [];
    private readonly List<int> _freshPacks = [];
    private readonly List<PackFile> _damaged = [];
    private BlockTable _fresh = new();

    private IndexState(IndexFiles files, IndexMemory memory, int maxFresh) => (_files, Memory, _maxFresh) = (files, memory, maxFresh);

    /// <summary>What the filters may take.</summary>
    internal IndexMemory Memory { get; }

    /// <summary>The packs by their numbers; those that were found damaged are among them.</summary>
    internal IReadOnlyList<PackId> Packs => _packs;

    /// <summary>Packs whose own index is damaged; what their records say is in memory, and never goes to a segment.</summary>
    internal IReadOnlyList<PackFile> Damaged => _damaged;

    /// <summary>The segments.</summary>
    internal IReadOnlyList<IndexPart> Parts => _parts;

    /// <summary>Entries in memory, without those of damaged packs.</summary>
    internal int FreshCount { get; private set; }

    /// <summary>Packs that no segment covers, without the damaged ones.</summary>
    internal int FreshPacks => _freshPacks.Count;

    /// <summary>Reads the index.</summary>
    /// <param name="files">Where it is.</param>
    /// <param name="trusted">False to read the packs themselves, whatever segments there are.</param>
    /// <param name="memory">What the filters may take; default: 64 MiB.</param>
    /// <param name="maxFresh">The most entries in memory.</param>
    /// <exception cref="StorageEngineException">A pack cannot be read.</exception>
    internal static IndexState Load(IndexFiles files, bool trusted = true, IndexMemory? memory = null, int maxFresh = MaxFresh)
    {
        var state = new IndexState(files, memory ?? new IndexMemory(), maxFresh);
        try
        {
            state.Fill(trusted);
            return state;
        }
        catch (StorageEngineException)
        {
            state.Dispose();
            throw;
        }
    }

    /// <summary>Whether the packs that are there are those that are known.</summary>
    internal bool IsCurrent(HashSet<PackId> packs) => packs.SetEquals(_numbers.Keys);

    /// <summary>Finds the next place at which a block may be.</summary>
    /// <param name="key">The first 8 bytes of its id.</param>
    /// <param name="search">A new one to begin; then the same again.</param>
    /// <param name="entry">The place.</param>
    /// <exception cref="CorruptDataException">A page of a segment is damaged.</exception>
    internal bool TryNext(ulong key, IndexSearch search, out IndexEntry entry)
    {
        while (search.Part < _parts.Count)
        {
            if (search.Part < 0)
            {
                if (_fresh.TryNext(key, ref search.Slot, out entry))
                    return true;
                search.NextPart();
                continue;
            }
            IndexPart part = _parts[search.Part];
            if (!search.IsPlaced)
            {
                if (!part.Segment.MayHold(key))
                {
                    search.NextPart();
                    continue;
                }
                part.Segment.Seek(key, search.Cursor);
                search.IsPlaced = true;
            }
            if (!part.Segment.MoveNext(search.Cursor) || search.Cursor.Current.Key != key)
            {
                search.NextPart();
                continue;
            }
            entry = search.Cursor.Current with { Pack = part.Map[search.Cursor.Current.Pack] };
            if (entry.Pack >= 0)
                return true;
        }
        entry = default;
        return false;
    }

    /// <summary>Whether a block with this key may be in a pack that no segment covers.</summary>
    internal bool IsInMemory(ulong key)
    {
        int slot = -1;
        return _fresh.TryNext(key, ref slot, out _);
    }

    /// <summary>Adds a pack that no segment covers, by its own index.</summary>
    /// <returns>False if it is gone.</returns>
    /// <exception cref="StorageEngineException">It cannot be read.</exception>
    internal bool TryAddPack(PackId id)
    {
        if (_numbers.ContainsKey(id))
            return true;
        using var pack = new PackFile(_files.PackPath(id));
        PackEntry[] entries;
        try
        {
            entries = pack.Load();
        }
        catch (PosixException error) when (error.Errno is Errno.ENOENT or Errno.ESTALE)
        {
            return false; // Collected between the listing and now.
        }
        catch (PosixException error)
        {
            throw StoreErrors.From(error, $"The pack '{pack.Path}' cannot be read");
        }
        int number = Number(id);
        if (pack.Damage is not null)
            _damaged.Add(pack);
        else
            _freshPacks.Add(number);
        foreach (PackEntry entry in entries)
        {
            if (entry.IsSane)
                _fresh.Add(new IndexEntry(entry.Id.A, number, entry.Offset, entry.PlainLength, entry.StoredLength));
        }
        FreshCount += pack.Damage is null ? entries.Length : 0;
        if (FreshCount >= _maxFresh)
            Spill();
        return true;
    }

    /// <summary>Moves the entries in memory to a segment, and merges segments while there are many.</summary>
    /// <exception cref="StorageEngineException">It cannot be written.</exception>
    internal void Spill()
    {
        if (_freshPacks.Count == 0)
            return;
        HashSet<int> whole = [.. _freshPacks];
        IndexEntry[] all = _fresh.Sorted();
        BlockTable rest = new();
        foreach (IndexEntry entry in all.Where(entry => !whole.Contains(entry.Pack)))
            rest.Add(entry);
        int[] map = [.. _freshPacks];
        var local = new Dictionary<int, int>(map.Length);
        for (int i = 0; i < map.Length; i++)
            local.Add(map[i], i);
        IndexSegment segment = _files.Create(Memory, file =>
        {
            var writer = new IndexSegmentWriter(file, [.. map.Select(number => _packs[number])], all.Length);
            foreach (IndexEntry entry in all)
            {
                if (local.TryGetValue(entry.Pack, out int place))
                    writer.Add(entry with { Pack = place });
            }
            writer.Finish();
        });
        _parts.Add(new IndexPart(segment, map));
        _freshPacks.Clear();
        (_fresh, FreshCount) = (rest, 0);
        Compact();
    }

    /// <summary>Merges segments, so that there are few, and that what packs left behind that are gone does not stay.</summary>
    /// <exception cref="StorageEngineException">It cannot be written.</exception>
    internal void Compact()
    {
        List<IndexPart> chosen = IndexMerge.Choose(_parts, MaxParts, eager: _files.IsWritable);
        if (chosen.Count == 0)
            return;
        IndexPart merged = IndexMerge.Run(_files, Memory, chosen, _packs);
        foreach (IndexPart old in chosen)
        {
            _parts.Remove(old);
            old.Segment.Dispose();
            _files.Remove(old.Segment.Name);
        }
        _parts.Add(merged);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IndexPart part in _parts)
            part.Segment.Dispose();
        _parts.Clear();
    }

    // A collection puts a copy in place and then removes its origin. Whoever lists the packs meanwhile may see neither: the origin was gone when it was opened,
    // and the copy not there when it was listed. So the list is complete only when nothing in it vanished and a second look shows the same.
    private void Fill(bool trusted)
    {
        foreach (string path in trusted ? [] : _files.SegmentPaths())
            _files.Remove(path);
        HashSet<PackId> names = _files.Packs();
        foreach (IndexSegment segment in trusted ? _files.OpenSegments(Memory) : [])
        {
            var map = new int[segment.Packs.Length];
            for (int i = 0; i < map.Length; i++)
                map[i] = segment.Packs[i] is var id && names.Contains(id) && !_numbers.ContainsKey(id) ? Number(id) : -1;
            _parts.Add(new IndexPart(segment, map));
        }
        for (int pass = 0; pass < MostPasses; pass++)
        {
            bool whole = true;
            int known = _numbers.Count;
            foreach (PackId id in names)
                whole &= TryAddPack(id);
            // Where nothing had to be opened there was no time in which it could vanish; what was missed all the same is noticed when it is not found.
            if (whole && pass == 0 && known == _numbers.Count)
                return;
            HashSet<PackId> again = _files.Packs();
            if (whole && again.SetEquals(names))
                return;
            names = again;
        }
    }

    private int Number(PackId id)
    {
        _numbers.Add(id, _packs.Count);
        _packs.Add(id);
        return _packs.Count - 1;
    }
}
