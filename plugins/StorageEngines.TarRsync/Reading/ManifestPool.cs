using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Reading;

/// <summary>
/// Keeps a few readers of the manifest that was asked for last, each where it stopped, so that a caller who opens one file after the other does not pay for
/// the manifest's index and frames each time. Safe for several threads; a rented reader has one user.
/// </summary>
internal sealed class ManifestPool : IDisposable
{
    private const int MostIdle = 4;

    private readonly Lock _gate = new();
    private readonly Stack<ManifestReader> _idle = new();
    private string? _snapshotId;
    private bool _closed;

    /// <summary>Gets a reader; the caller returns or disposes it.</summary>
    internal ManifestReader Rent(SnapshotStore store, SnapshotRecord snapshot)
    {
        lock (_gate)
        {
            if (_snapshotId == snapshot.Id && _idle.TryPop(out ManifestReader? reader))
                return reader;
            if (_snapshotId != snapshot.Id)
            {
                DisposeIdle();
                _snapshotId = snapshot.Id;
            }
        }
        return store.OpenManifest(snapshot);
    }

    /// <summary>Takes a reader back.</summary>
    internal void Return(string snapshotId, ManifestReader reader)
    {
        lock (_gate)
        {
            if (!_closed && _snapshotId == snapshotId && _idle.Count < MostIdle)
            {
                _idle.Push(reader);
                return;
            }
        }
        reader.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
            DisposeIdle();
        }
    }

    private void DisposeIdle()
    {
        while (_idle.TryPop(out ManifestReader? reader))
            reader.Dispose();
    }
}
