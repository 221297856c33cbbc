using System.Collections.Concurrent;

namespace StorageEngines.TarRsync.Store;

/// <summary>The packs that were used, of which a few have their files open. Safe for several threads.</summary>
internal sealed class PackPool(Func<PackId, string> path) : IDisposable
{
    private const int MaxOpen = 256;

    private readonly Lock _gate = new();
    private readonly Dictionary<PackId, PackFile> _packs = [];
    private readonly ConcurrentQueue<PackFile> _open = new();

    /// <summary>A pack; its file is opened when it is read.</summary>
    internal PackFile this[PackId id]
    {
        get
        {
            lock (_gate)
            {
                if (!_packs.TryGetValue(id, out PackFile? pack))
                    _packs[id] = pack = new PackFile(path(id), Opened);
                return pack;
            }
        }
    }

    /// <summary>Closes all files and forgets the packs.</summary>
    public void Dispose()
    {
        PackFile[] packs;
        lock (_gate)
        {
            packs = [.. _packs.Values];
            _packs.Clear();
        }
        _open.Clear();
        foreach (PackFile pack in packs)
            pack.Dispose();
    }

    // The one that was opened first is closed first. It may be in use: its reader opens it again.
    private void Opened(PackFile pack)
    {
        _open.Enqueue(pack);
        while (_open.Count > MaxOpen && _open.TryDequeue(out PackFile? oldest))
        {
            if (oldest != pack)
                oldest.Dispose();
        }
    }
}
