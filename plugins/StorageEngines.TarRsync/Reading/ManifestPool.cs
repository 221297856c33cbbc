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
    private readonly List<Idle> _idle = [];
    private bool _closed;

    /// <summary>
    /// Gets a reader; the caller returns or disposes it. Several threads that read one directory each get their own reader back, since a reader that is sent to and fro
    /// unpacks frames again that it had.
    /// </summary>
    internal ManifestReader Rent(SnapshotStore store, SnapshotRecord snapshot, ReadOnlySpan<byte> path)
    {
        int thread = Environment.CurrentManagedThreadId;
        lock (_gate)
        {
            int best = -1;
            int most = 0;
            for (int i = 0; i < _idle.Count; i++)
            {
                if (_idle[i].SnapshotId != snapshot.Id)
                    continue;
                int value = 1 + (_idle[i].Thread == thread ? 1 : 0) + (_idle[i].Reader.IsShortlyBefore(path) ? 2 : 0);
                if (value >= most)
                    (best, most) = (i, value);
            }
            if (best >= 0)
            {
                ManifestReader reader = _idle[best].Reader;
                _idle.RemoveAt(best);
                return reader;
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
                _idle.Add(new Idle(snapshotId, reader, Environment.CurrentManagedThreadId));
                surplus = _idle.Count > MostIdle ? _idle[0].Reader : null;
                if (surplus is not null)
                    _idle.RemoveAt(0);
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
            foreach (Idle one in _idle)
                one.Reader.Dispose();
            _idle.Clear();
        }
    }

    private readonly record struct Idle(string SnapshotId, ManifestReader Reader, int Thread);
}
