using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Store;

/// <summary>
/// All blocks of the sealed packs, read from the packs' own indexes when a block is first asked for. Safe for several threads.
/// </summary>
internal sealed class BlockIndex(string directory) : IDisposable
{
    private const int MaxOpenPacks = 256;
    private const int MostPasses = 100;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _known = [];
    private readonly List<PackFile> _packs = [];
    private BlockTable _table = new();
    private bool _loaded;
    private int _closeNext;
    private int _generation;

    /// <summary>The index was read; a snapshot of an unchanged tree never does.</summary>
    internal bool IsLoaded => _loaded;

    /// <summary>Bytes of all packs.</summary>
    internal long PackBytes => Packs().Sum(p => p.Length);

    /// <summary>The packs, their damage included.</summary>
    internal IReadOnlyList<PackFile> Packs()
    {
        lock (_gate)
        {
            EnsureLoaded();
            return [.. _packs];
        }
    }

    /// <summary>Finds a block.</summary>
    internal bool TryFind(BlockId id, out PackFile pack, out PackEntry entry)
    {
        lock (_gate)
        {
            EnsureLoaded();
            int cursor = -1;
            while (_table.TryNext(id, ref cursor, out int number, out int ordinal))
            {
                pack = _packs[number];
                try
                {
                    entry = pack.Entry(ordinal);
                }
                catch (PosixException error) when (error.Errno is Errno.ENOENT or Errno.ESTALE)
                {
                    continue; // Collected meanwhile: the block was copied to another pack, or nobody needs it.
                }
                if (entry.Id == id)
                {
                    CloseSome();
                    return true;
                }
            }
            pack = null!;
            entry = default;
            return false;
        }
    }

    /// <summary>Every place that a block is at; after an interrupted collection there may be two.</summary>
    internal IReadOnlyList<(PackFile Pack, int Ordinal)> FindAll(BlockId id)
    {
        lock (_gate)
        {
            EnsureLoaded();
            var found = new List<(PackFile, int)>(1);
            int cursor = -1;
            while (_table.TryNext(id, ref cursor, out int number, out int ordinal))
            {
                if (_packs[number].Entry(ordinal).Id == id)
                    found.Add((_packs[number], ordinal));
            }
            return found;
        }
    }

    /// <summary>Adds a pack that was just sealed.</summary>
    internal void Add(string path)
    {
        lock (_gate)
        {
            if (_loaded)
                LoadPack(path);
        }
    }

    /// <summary>How often the packs were forgotten: an answer that was given in an earlier generation may be different now.</summary>
    internal int Generation => Volatile.Read(ref _generation);

    /// <summary>Forgets everything if the packs are not those that are known, so that the next question reads the ones that are there now.</summary>
    /// <param name="generation">The generation in which a block was not found.</param>
    /// <returns>False if asking again would give the same answer.</returns>
    internal bool RefreshIfChanged(int generation)
    {
        lock (_gate)
        {
            if (_generation == generation && Names().SetEquals(_known.Keys))
                return false;
            if (_generation == generation)
                Refresh();
            return true;
        }
    }

    /// <summary>Forgets everything, so that the next question reads the packs that are there now.</summary>
    internal void Refresh()
    {
        lock (_gate)
        {
            _generation++;
            foreach (PackFile pack in _packs)
                pack.Dispose();
            _packs.Clear();
            _known.Clear();
            _table = new BlockTable();
            _loaded = false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Refresh();

    // A collection puts a copy in place and then removes its origin. Whoever lists the packs meanwhile may see neither: the origin was gone when it was opened,
    // and the copy not there when it was listed. So the list is complete only when nothing in it vanished and a second look shows the same.
    private void EnsureLoaded()
    {
        if (_loaded)
            return;
        HashSet<string> names = Names();
        for (int pass = 0; pass < MostPasses; pass++)
        {
            bool whole = true;
            foreach (string path in names)
                whole &= LoadPack(path);
            HashSet<string> again = Names();
            if (whole && again.SetEquals(names))
                break;
            names = again;
        }
        _loaded = true;
    }

    private HashSet<string> Names() => Directory.Exists(directory) ? [.. Directory.EnumerateFiles(directory, "*.pack")] : [];

    /// <summary>Loads a pack that is not known yet; false if it is gone.</summary>
    private bool LoadPack(string path)
    {
        if (!_known.TryAdd(path, _packs.Count))
            return true;
        var pack = new PackFile(path);
        _packs.Add(pack);
        PackEntry[] entries;
        try
        {
            entries = pack.Load();
        }
        catch (PosixException error) when (error.Errno == Errno.ENOENT)
        {
            return false; // Collected between the listing and now.
        }
        catch (PosixException error)
        {
            throw StoreErrors.From(error, $"The pack '{path}' cannot be read");
        }
        for (int i = 0; i < entries.Length; i++)
            _table.Add(entries[i].Id, _packs.Count - 1, i);
        CloseSome();
        return true;
    }

    private void CloseSome()
    {
        if (_packs.Count <= MaxOpenPacks || _packs.Count(p => p.IsOpen) <= MaxOpenPacks)
            return;
        for (int i = 0; i < _packs.Count / 2; i++)
            _packs[_closeNext++ % _packs.Count].CloseIfIdle();
    }
}
