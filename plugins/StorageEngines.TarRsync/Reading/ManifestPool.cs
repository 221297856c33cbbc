using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Reading;

/// <summary>
/// Keeps a few readers of the manifests that were asked for last, each where it stopped, so that a caller who opens one file after the other, of one snapshot
/// or of two side by side, does not pay for the manifest's index and frames each time. Safe for several threads; a rented reader has one user.
/// </summary>
internal sealed class ManifestPool : IDisposable
{
    private const int MostIdle = 8;

    private readonly Lock _gate = new();
    private readonly LinkedList<(string SnapshotId, ManifestReader Reader)> _idle = [];
    private bool _closed;

    /// <summary>Gets a reader; the caller returns or disposes it.</summary>
    internal ManifestReader Rent(SnapshotStore store, SnapshotRecord snapshot)
    {
        lock (_gate)
        {
            for (LinkedListNode<(string SnapshotId, ManifestReader Reader)>? node = _idle.First; node is not null; node = node.Next)
            {
                if (node.Value.SnapshotId == snapshot.Id)
                {
                    _idle.Remove(node);
                    return node.Value.Reader;
                }
            }
        }
        return store.OpenManifest(snapshot);
    }

    /// <summary>Takes a reader back; the one that has been idle for longest makes room.</summary>
    internal void Return(string snapshotId, ManifestReader reader)
    {
        ManifestReader? surplus = reader;
        lock (_gate)
        {
            if (!_closed)
            {
                _idle.AddFirst((snapshotId, reader));
                surplus = _idle.Count > MostIdle ? _idle.Last!.Value.Reader : null;
                if (surplus is not null)
                    _idle.RemoveLast();
            }
        }
        surplus?.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
            foreach ((_, ManifestReader reader) in _idle)
                reader.Dispose();
            _idle.Clear();
        }
    }
}
