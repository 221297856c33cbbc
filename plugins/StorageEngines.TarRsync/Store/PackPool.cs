using System.Collections.Concurrent;

namespace StorageEngines.TarRsync.Store;

/// <summary>The packs that were used, of which a few have their files open. Safe for several threads.</summary>
internal sealed class PackPool(Func<PackId, string> path) : IDisposable
{
    private const int MaxOpen = 256;

    private readonly ConcurrentDictionary<PackId, PackFile> _packs = new();
    private readonly ConcurrentQueue<PackFile> _open = new();

    /// <summary>A pack; its file is opened when it is read.</summary>
    internal PackFile this[PackId id] => _packs.TryGetValue(id, out PackFile? pack) ? pack : _packs.GetOrAdd(id, new PackFile(path(id), Opened));

    /// <summary>Closes all files and forgets the packs.</summary>
    public void Dispose()
    {
        _open.Clear();
        foreach (PackFile pack in _packs.Values)
            pack.Dispose();
        _packs.Clear();
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
