using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Store;

/// <summary>
/// All blocks of the sealed packs, read from the packs' own indexes when a block is first asked for. Safe for several threads.
/// </summary>
internal sealed class BlockIndex(string directory) : IDisposable
{
    private const int MaxOpenPacks = 256;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _known = [];
    private readonly List<PackFile> _packs = [];
    private BlockTable _table = new();
    private bool _loaded;
    private int _closeNext;

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

    /// <summary>Forgets everything, so that the next question reads the packs that are there now.</summary>
    internal void Refresh()
    {
        lock (_gate)
        {
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

    private void EnsureLoaded()
    {
        if (_loaded)
            return;
        if (Directory.Exists(directory))
        {
            foreach (string path in Directory.EnumerateFiles(directory, "*.pack"))
                LoadPack(path);
        }
        _loaded = true;
    }

    private void LoadPack(string path)
    {
        if (!_known.TryAdd(path, _packs.Count))
            return;
        var pack = new PackFile(path);
        _packs.Add(pack);
        PackEntry[] entries;
        try
        {
            entries = pack.Load();
        }
        catch (PosixException error) when (error.Errno == Errno.ENOENT)
        {
            return; // Collected between the listing and now.
        }
        catch (PosixException error)
        {
            throw StoreErrors.From(error, $"The pack '{path}' cannot be read");
        }
        for (int i = 0; i < entries.Length; i++)
            _table.Add(entries[i].Id, _packs.Count - 1, i);
        CloseSome();
    }

    private void CloseSome()
    {
        if (_packs.Count <= MaxOpenPacks || _packs.Count(p => p.IsOpen) <= MaxOpenPacks)
            return;
        for (int i = 0; i < _packs.Count / 2; i++)
            _packs[_closeNext++ % _packs.Count].CloseIfIdle();
    }
}
