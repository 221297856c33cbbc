using StorageEngines.Posix;
using StorageEngines.TarRsync.Store.Indexing;

namespace StorageEngines.TarRsync.Store;

/// <summary>
/// Finds the blocks of the sealed packs. What the index on disk says is only where to look: a block is found when its record is there. Read when a block is
/// first asked for. Safe for several threads.
/// </summary>
/// <param name="files">Where packs and index are.</param>
internal sealed class BlockIndex(IndexFiles files) : IDisposable
{
    // So few packs and blocks are read from the packs themselves in less time than a segment is written in.
    private const int FewPacks = 16;
    private const int FewBlocks = 16_384;

    private readonly ReaderWriterLockSlim _gate = new();
    private readonly PackPool _packs = new(files.PackPath);
    private IndexState? _state;
    private bool _trusted = true;
    private int _generation;

    /// <summary>The index was read; a snapshot of an unchanged tree never does.</summary>
    internal bool IsLoaded => _state is not null;

    /// <summary>How often the packs were forgotten: an answer that was given in an earlier generation may be different now.</summary>
    internal int Generation => Volatile.Read(ref _generation);

    /// <summary>Finds a block.</summary>
    /// <param name="id">The block.</param>
    /// <param name="toRead">Whether its data will be read next, so that it is read with the record's head.</param>
    /// <param name="pack">The pack that has it.</param>
    /// <param name="entry">Its record.</param>
    /// <exception cref="StorageEngineException">A pack cannot be read.</exception>
    internal bool TryFind(BlockId id, bool toRead, out PackFile pack, out PackEntry entry)
    {
        while (true)
        {
            IndexState state = EnterRead();
            try
            {
                return TryFind(state, id, toRead, out pack, out entry);
            }
            catch (CorruptDataException error) when (IsOfIndex(state, error))
            {
                // Below, without the lock for reading: the damaged segment goes, and its packs are read themselves.
            }
            finally
            {
                _gate.ExitReadLock();
            }
            Distrust(state);
        }
    }

    /// <summary>Adds a pack that was just sealed.</summary>
    internal void Add(string path)
    {
        _gate.EnterWriteLock();
        try
        {
            if (_state is not null)
                Guarded(state => state.TryAddPack(PackId.FromName(Path.GetFileName(path))));
        }
        finally
        {
            _gate.ExitWriteLock();
        }
    }

    /// <summary>Reads the index anew and keeps it on disk without the packs that are gone.</summary>
    internal void Renew()
    {
        Refresh();
        EnterRead();
        _gate.ExitReadLock();
        Save();
    }

    /// <summary>Keeps what was learnt on disk, if it is much. Only the holder of the writer's lock does.</summary>
    /// <param name="always">Also if it is little.</param>
    internal void Save(bool always = false)
    {
        _gate.EnterWriteLock();
        try
        {
            if (_state is null || !files.IsWritable)
                return;
            if (always || _state.FreshPacks > FewPacks || _state.FreshCount > FewBlocks)
                Guarded(state => state.Spill());
            else
                Guarded(state => state.Compact());
        }
        finally
        {
            _gate.ExitWriteLock();
        }
    }

    /// <summary>The packs whose own index is damaged, and why.</summary>
    internal IReadOnlyList<CorruptDataException> Damages()
    {
        var found = new List<CorruptDataException>();
        foreach (PackId id in files.Packs())
        {
            using var pack = new PackFile(files.PackPath(id));
            try
            {
                pack.Load();
            }
            catch (PosixException error) when (error.Errno is Errno.ENOENT or Errno.ESTALE)
            {
                continue; // Collected meanwhile.
            }
            catch (PosixException error)
            {
                throw StoreErrors.From(error, $"The pack '{pack.Path}' cannot be read");
            }
            if (pack.Damage is not null)
                found.Add(pack.Damage);
        }
        return found;
    }

    /// <summary>Forgets everything if the packs are not those that are known, or if only a segment's word was taken, so that the next question reads what is there now.</summary>
    /// <param name="generation">The generation in which a block was not found.</param>
    /// <returns>False if asking again would give the same answer.</returns>
    internal bool RefreshIfChanged(int generation)
    {
        _gate.EnterWriteLock();
        try
        {
            if (_generation != generation)
                return true;
            bool current = _state is not null && _state.IsCurrent(files.Packs());
            if (current && (!_trusted || _state!.Parts.Count == 0))
                return false;
            _trusted &= !current;
            Forget();
            return true;
        }
        finally
        {
            _gate.ExitWriteLock();
        }
    }

    /// <summary>Forgets everything, so that the next question reads the packs that are there now.</summary>
    internal void Refresh()
    {
        _gate.EnterWriteLock();
        try
        {
            _trusted = true;
            Forget();
        }
        finally
        {
            _gate.ExitWriteLock();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Refresh();

    private bool TryFind(IndexState state, BlockId id, bool toRead, out PackFile pack, out PackEntry entry)
    {
        IndexSearch search = (t_search ??= new IndexSearch()).Begin();
        while (state.TryNext(id.A, search, out IndexEntry place))
        {
            pack = _packs[state.Packs[place.Pack]];
            try
            {
                if (pack.TryEntry(id, place.Offset, toRead ? place.StoredLength : null, out entry))
                    return true;
            }
            catch (PosixException error) when (error.Errno is Errno.ENOENT or Errno.ESTALE)
            {
                continue; // Collected meanwhile: the block was copied to another pack, or nobody needs it.
            }
            catch (PosixException error)
            {
                throw StoreErrors.From(error, $"The pack '{pack.Path}' cannot be read");
            }
        }
        pack = null!;
        entry = default;
        return false;
    }

    private IndexState EnterRead()
    {
        while (true)
        {
            _gate.EnterReadLock();
            if (_state is { } state)
                return state;
            _gate.ExitReadLock();
            _gate.EnterWriteLock();
            try
            {
                _state ??= IndexState.Load(files, _trusted);
            }
            finally
            {
                _gate.ExitWriteLock();
            }
        }
    }

    private void Distrust(IndexState state)
    {
        _gate.EnterWriteLock();
        try
        {
            if (_state == state)
                Reread();
        }
        finally
        {
            _gate.ExitWriteLock();
        }
    }

    private void Guarded(Action<IndexState> change)
    {
        try
        {
            change(_state!);
        }
        catch (CorruptDataException error) when (IsOfIndex(_state!, error))
        {
            Reread();
        }
    }

    // The segments are a cache: with one damaged, all go, and the packs say what there is.
    private void Reread()
    {
        Forget();
        _trusted = false;
        _state = IndexState.Load(files, trusted: false);
    }

    private static bool IsOfIndex(IndexState state, CorruptDataException error) => state.Parts.Any(part => part.Segment.Name == error.DamagedObject);

    private void Forget()
    {
        _generation++;
        _state?.Dispose();
        _state = null;
        _packs.Dispose();
    }

    [ThreadStatic]
    private static IndexSearch? t_search;
}
