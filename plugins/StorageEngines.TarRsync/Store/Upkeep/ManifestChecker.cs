using System.Collections.Concurrent;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Reflink;
using StorageEngines.TarRsync.Store.Indexing;

namespace StorageEngines.TarRsync.Store.Upkeep;

/// <summary>Checks every frame of the manifests, and that every block they name is in a pack and not damaged. Not thread-safe.</summary>
internal sealed class ManifestChecker
{
    private const int MostFrames = 1 << 20;
    private const int MostFiles = 1 << 14;

    private readonly SnapshotStore _store;
    private readonly ConcurrentDictionary<ulong, string> _damaged;
    private readonly Action<StoreDamage> _tell;
    private readonly BlockBatch _batch;
    private readonly HashSet<Sum128> _whole = [];
    private readonly List<Sum128> _fresh = [];
    private readonly List<(BytePath Path, bool Told)> _files = [];
    private readonly List<(BlockId Id, int File)> _blocks = [];
    private readonly ManifestBlocks _listing;
    private SnapshotRef? _snapshot;
    private BytePath _path;
    private ManifestFile? _file;
    private bool _hurt;
    private byte[] _buffer = [];

    internal ManifestChecker(SnapshotStore store, IndexState index, ConcurrentDictionary<ulong, string> damaged, Action<StoreDamage> tell)
    {
        (_store, _damaged, _tell) = (store, damaged, tell);
        _batch = new BlockBatch(index, static (_, _, _) => { }, Missing);
        _listing = new ManifestBlocks(IsKnown, Visit, CheckClone);
    }

    /// <summary>Checks one snapshot's.</summary>
    /// <returns>False if the manifest as a whole is lost or a part of it is.</returns>
    internal bool Check(SnapshotRef snapshot, SnapshotRecord record, CancellationToken cancellationToken)
    {
        (_snapshot, _hurt) = (snapshot, false);
        bool whole = true;
        try
        {
            using ManifestFile file = _store.OpenManifestFile(record);
            _file = file;
            if (record.State != SnapshotState.MetadataOnly)
            {
                _listing.List(file, Remember, error => { whole = false; Tell(error); }, cancellationToken);
                Flush();
                if (!_hurt)
                    _whole.UnionWith(_fresh.Take(MostFrames - _whole.Count));
            }
            else
            {
                whole = CheckFrames(file);
            }
            BytesRead += new FileInfo(file.Name).Length;
        }
        catch (CorruptDataException error)
        {
            whole = false;
            Tell(error);
        }
        _fresh.Clear();
        _files.Clear();
        _blocks.Clear();
        return whole;
    }

    /// <summary>Bytes of the manifests.</summary>
    internal long BytesRead { get; private set; }

    private bool CheckFrames(ManifestFile file)
    {
        bool whole = true;
        foreach (FramePlace place in file.Frames)
        {
            try
            {
                CheckFrame(file, place);
            }
            catch (CorruptDataException error)
            {
                whole = false;
                Tell(error);
            }
        }
        return whole;
    }

    private void CheckFrame(ManifestFile file, FramePlace place) => file.ReadStoredEntries(place, ref _buffer, out _);

    // A frame all of whose blocks were found in another manifest is read and checked here too, but its blocks need not be sought again.
    private bool IsKnown(FramePlace frame)
    {
        if (!_whole.Contains(frame.Checksum))
            return false;
        CheckFrame(_file!, frame);
        return true;
    }

    private void Remember(Sum128 checksum, bool alone)
    {
        if (alone)
            _fresh.Add(checksum);
    }

    private void Visit(in ManifestEntry entry, BlockRef block)
    {
        if (_files.Count == 0 || !_path.Span.SequenceEqual(entry.Path.Span))
        {
            if (_files.Count >= MostFiles)
                Flush();
            _path = new BytePath(entry.Path.ToArray());
            _files.Add((_path, false));
        }
        if (_damaged.TryGetValue(block.Id.A, out string? pack))
            Tell(_files.Count - 1, $"block {block.Id} of it is damaged, in the pack '{pack}'");
        if (_batch.IsFull)
        {
            Flush();
            _files.Add((_path, false));
        }
        _batch.Add(block.Id, _blocks.Count);
        _blocks.Add((block.Id, _files.Count - 1));
    }

    // A clone has no checksums: that it is there, as long as it was and as untouched, is all that can be known.
    private void CheckClone(in ManifestEntry entry)
    {
        try
        {
            CloneFile.Open(entry.Content, entry.Size).Dispose();
        }
        catch (CorruptDataException error)
        {
            _hurt = true;
            _tell(Damages.Of(error, _snapshot, new BytePath(entry.Path.ToArray())));
        }
    }

    private void Flush()
    {
        _batch.Flush();
        _files.Clear();
        _blocks.Clear();
    }

    private void Missing(int tag)
    {
        (BlockId id, int file) = _blocks[tag];
        if (!_damaged.ContainsKey(id.A))
            Tell(file, $"block {id} of it is in no pack");
    }

    private void Tell(int file, string detail)
    {
        _hurt = true;
        if (_files[file].Told)
            return;
        _files[file] = (_files[file].Path, true);
        _tell(new StoreDamage(_file!.Name, null, detail, _snapshot, _files[file].Path));
    }

    private void Tell(CorruptDataException error)
    {
        _hurt = true;
        _tell(Damages.Of(error, _snapshot));
    }
}
