using System.Buffers;
using System.Text;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Manifests;

namespace StorageEngines.TarRsync.Store;

/// <summary>
/// Writes one snapshot. Blocks may come from several threads, entries come from one. Disposed without <see cref="Commit"/>, it leaves nothing behind.
/// </summary>
internal sealed partial class SnapshotWriter : IDisposable
{
    private readonly SnapshotStore _store;
    private readonly StoreFiles _files;
    private readonly BlockIndex _index;
    private readonly VolumeRecord _volume;
    private readonly Lock _gate = new();
    private readonly DirectoryHandle _directory;
    private readonly AtomicFile _file;
    private readonly ManifestWriter _manifest;
    private readonly PackSealer _sealer;
    private readonly Lazy<KeyedXxh3> _fastHash;
    private readonly Lazy<GearScanner> _gear;
    private readonly string _name;
    private HashSet<BlockId> _pending = [];
    private HashSet<BlockId> _sealing = [];
    private PackWriter? _pack;
    private long _packBytes;
    private bool _committed;

    internal SnapshotWriter(SnapshotStore store, StoreFiles files, BlockIndex index, VolumeRecord volume, string name, string id)
    {
        (_store, _files, _index, _volume, _name, Id) = (store, files, index, volume, name, id);
        _sealer = new PackSealer(files, index);
        _fastHash = new Lazy<KeyedXxh3>(() => store.FastHash);
        _gear = new Lazy<GearScanner>(() => new GearScanner(Chunks.GearSeed));
        string path = files.Manifest(id);
        files.Step("begin");
        try
        {
            _directory = DirectoryHandle.Open(Encoding.UTF8.GetBytes(files.Manifests));
            _file = AtomicFile.Create(_directory, Encoding.UTF8.GetBytes(Path.GetFileName(path)));
        }
        catch (PosixException error)
        {
            _directory?.Dispose();
            throw StoreErrors.From(error, $"The manifest '{path}' cannot be created");
        }
        try
        {
            _manifest = new ManifestWriter(_file.Handle, Guid.ParseExact(id, "N"), store.BlockSize, path, KeepClone);
        }
        catch (StorageEngineException)
        {
            _file.Dispose();
            _directory.Dispose();
            throw;
        }
    }

    /// <summary>The id that the snapshot will have.</summary>
    internal string Id { get; }

    /// <summary>The hash that tells that a block has not changed.</summary>
    internal KeyedXxh3 FastHash => _fastHash.Value;

    /// <summary>The lengths of chunks by content.</summary>
    internal ChunkParameters Chunks => _store.Parameters.Chunks;

    /// <summary>Whether regular files are cut by content in this store.</summary>
    internal bool CutsByContent => _store.Parameters.CutsByContent;

    /// <summary>Finds the places where content may be cut.</summary>
    internal GearScanner Gear => _gear.Value;

    /// <summary>Bytes that this snapshot has added to the store so far: packs and manifest.</summary>
    internal long BytesStored
    {
        get
        {
            lock (_gate)
                return _packBytes + (_pack?.Length ?? 0) + _manifest.Length;
        }
    }

    /// <summary>Stores a block unless the store has it. All-zero data is a hole and is not stored. Safe for several threads.</summary>
    /// <param name="data">1 byte up to a block.</param>
    /// <exception cref="StorageEngineException">ResourceExhausted/NoSpace, or another failure of the store.</exception>
    internal BlockRef StoreBlock(ReadOnlySpan<byte> data) => StoreBlock(data, default);

    /// <summary>Like <see cref="StoreBlock(ReadOnlySpan{byte})"/>; if the block is still <paramref name="previous"/>, the index is not looked at.</summary>
    internal BlockRef StoreBlock(ReadOnlySpan<byte> data, BlockRef previous)
    {
        ArgumentOutOfRangeException.ThrowIfZero(data.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(data.Length, StoreFormat.MaxBlock);
        if (!data.ContainsAnyExcept((byte)0))
            return BlockRef.Hole(data.Length);
        var block = new BlockRef(BlockId.Of(data), data.Length);
        if (block == previous || IsStored(block.Id))
            return block;
        byte[] scratch = ArrayPool<byte>.Shared.Rent(data.Length);
        try
        {
            byte codec = BlockCodecs.Pack(data, scratch, out ReadOnlySpan<byte> stored);
            lock (_gate)
            {
                if (_sealing.Contains(block.Id) || !_pending.Add(block.Id))
                    return block;
                _pack ??= new PackWriter(_files.Packs);
                _pack.Append(block.Id, data.Length, codec, stored);
                if (_pack.Length >= StoreFormat.PackTarget)
                    SealPack();
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
        return block;
    }

    /// <summary>The store's directory, for messages.</summary>
    internal string StoreDirectory => _files.Root;

    /// <summary>A builder for the chunks of one file.</summary>
    internal ChunkListBuilder NewChunkList() => _manifest.NewChunkList();

    /// <summary>A builder for the fixed blocks of one file.</summary>
    internal ContentBuilder NewContent() => _manifest.NewContent();

    /// <summary>Appends an entry; strictly ascending in <see cref="TreeOrder"/>.</summary>
    internal void AddEntry(in ManifestEntry entry) => _manifest.AddEntry(in entry);

    /// <summary>The manifest, for those who take over whole frames of an older one.</summary>
    internal ManifestWriter Manifest => _manifest;

    /// <summary>Makes the snapshot durable and visible, in this order: packs, manifest, record. Once only.</summary>
    internal SnapshotRecord Commit(SnapshotCommit info)
    {
        ObjectDisposedException.ThrowIf(_committed, this);
        string digest;
        bool sealing;
        lock (_gate)
        {
            sealing = _pack is not null;
            if (sealing)
                SealPack();
        }
        try
        {
            // The manifest goes to the disk beside the last pack; it gets its name after it.
            digest = _manifest.Finish();
            SyncClones();
            if (sealing)
                FileWriting.Sync(_file.Handle);
            lock (_gate)
                _sealer.Wait();
            _files.Step("publish .manifest");
            _file.Publish(replace: false);
        }
        catch (PosixException error)
        {
            throw StoreErrors.From(error, $"The manifest '{_files.Manifest(Id)}' cannot be published");
        }
        _files.Step("published .manifest");
        SnapshotRecord record = _store.Publish(_volume, Record(info, digest));
        _committed = true;
        return record;
    }

    /// <summary>Ends the writing; without a commit, what was written goes.</summary>
    public void Dispose()
    {
        _pack?.Dispose();
        _pack = null;
        EndSealing();
        _clonesRoot?.Dispose();
        _file.Dispose();
        _directory.Dispose();
        if (_committed || _store.FindById(_volume.Id, Id) is not null)
            return;
        foreach (string path in _sealer.Paths)
            _files.Remove(path);
        if (_cloneNumbers > 0)
            _files.RemoveClones(Id);
        _files.Remove(_files.Manifest(Id));
        if (_sealer.Paths.Count > 0)
            _index.Refresh();
        _committed = true;
    }

    private void EndSealing()
    {
        try
        {
            _sealer.Wait();
        }
        catch (StorageEngineException) when (!_committed)
        {
            return; // The snapshot is given up already, for this or another reason that the caller is told.
        }
    }

    private bool IsStored(BlockId id)
    {
        lock (_gate)
        {
            if (_pending.Contains(id) || _sealing.Contains(id))
                return true;
        }
        return _index.TryFind(id, toRead: false, out _, out _);
    }

    // The blocks of the pack that was being sealed are in the index once the sealer has taken the next one.
    private void SealPack()
    {
        PackWriter pack = _pack!;
        _pack = null;
        _packBytes += pack.LengthWhenSealed;
        _sealer.Seal(pack);
        (_pending, _sealing) = (_sealing, _pending);
        _pending.Clear();
    }

    private SnapshotRecord Record(SnapshotCommit info, string digest) => new()
    {
        Id = Id,
        VolumeId = _volume.Id,
        Name = _name,
        Sequence = 0,
        CreatedAt = info.CreatedAt,
        LineageId = _volume.LineageId,
        ParentId = _volume.HeadSnapshotId,
        GroupId = info.GroupId,
        Consistency = info.Consistency,
        SizeBytes = info.SizeBytes,
        EntryCount = _manifest.Entries,
        ManifestDigest = digest,
        Clones = Interlocked.Read(ref _clones),
        Statistics = info.Statistics,
        Labels = info.Labels,
        Warnings = info.Warnings,
    };
}
