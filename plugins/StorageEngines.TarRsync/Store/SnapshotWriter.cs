using System.Buffers;
using System.Text;
using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Reflink;

namespace StorageEngines.TarRsync.Store;

/// <summary>
/// Writes one snapshot. Blocks may come from several threads, entries come from one. Disposed without <see cref="Commit"/>, it leaves nothing behind.
/// </summary>
internal sealed class SnapshotWriter : IDisposable
{
    private readonly SnapshotStore _store;
    private readonly StoreFiles _files;
    private readonly BlockIndex _index;
    private readonly VolumeRecord _volume;
    private readonly Lock _gate = new();
    private readonly DirectoryHandle _directory;
    private readonly AtomicFile _file;
    private readonly ManifestWriter _manifest;
    private readonly Dictionary<BlockId, int> _pending = [];
    private readonly List<string> _packs = [];
    private readonly List<string> _clones = [];
    private readonly string _name;
    private PackWriter? _pack;
    private long _packBytes;
    private bool _committed;

    internal SnapshotWriter(SnapshotStore store, StoreFiles files, BlockIndex index, VolumeRecord volume, string name, string id)
    {
        (_store, _files, _index, _volume, _name, Id) = (store, files, index, volume, name, id);
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
            _manifest = new ManifestWriter(_file.Handle, Guid.ParseExact(id, "N"), store.BlockSize, path);
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
                if (_pending.ContainsKey(block.Id))
                    return block;
                _pack ??= new PackWriter(_files.Packs);
                _pending.Add(block.Id, _pack.Append(block.Id, data.Length, codec, stored));
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

    /// <summary>Clones a file into the store, where the file system can. From one thread.</summary>
    /// <exception cref="StorageEngineException">The store cannot be written.</exception>
    internal bool TryAddClone(SafeFileHandle source, out CloneRef clone, out long size)
    {
        bool made = CloneWriter.TryMake(_files, Guid.ParseExact(Id, "N"), (ulong)_clones.Count, source, out clone, out size);
        if (made)
            _clones.Add(Path.Combine(_files.Clones, clone.FileName));
        return made;
    }

    /// <summary>A builder for the blocks of one file.</summary>
    internal ContentBuilder NewContent() => _manifest.NewContent();

    /// <summary>Appends an entry; strictly ascending in <see cref="TreeOrder"/>.</summary>
    internal void AddEntry(in ManifestEntry entry) => _manifest.AddEntry(in entry);

    /// <summary>The manifest, for those who take over whole frames of an older one.</summary>
    internal ManifestWriter Manifest => _manifest;

    /// <summary>Makes the snapshot durable and visible, in this order: packs, manifest, record. Once only.</summary>
    internal SnapshotRecord Commit(SnapshotCommit info)
    {
        ObjectDisposedException.ThrowIf(_committed, this);
        lock (_gate)
        {
            if (_pack is not null)
                SealPack();
        }
        string digest = _manifest.Finish();
        _files.Step("publish .manifest");
        try
        {
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
        _file.Dispose();
        _directory.Dispose();
        if (_committed || _store.FindById(_volume.Id, Id) is not null)
            return;
        foreach (string path in _packs.Concat(_clones))
            _files.Remove(path);
        _files.Remove(_files.Manifest(Id));
        if (_packs.Count > 0)
            _index.Refresh();
        _packs.Clear();
        _committed = true;
    }

    private bool IsStored(BlockId id)
    {
        lock (_gate)
        {
            if (_pending.ContainsKey(id))
                return true;
        }
        return _index.TryFind(id, out _, out _);
    }

    private void SealPack()
    {
        using PackWriter pack = _pack!;
        _pack = null;
        _files.Step("publish .pack");
        string path = pack.Seal();
        _packs.Add(path);
        _packBytes += pack.Length;
        _files.Step("published .pack");
        _index.Add(path);
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
        Clones = _clones.Count,
        Statistics = info.Statistics,
        Labels = info.Labels,
        Warnings = info.Warnings,
    };
}
