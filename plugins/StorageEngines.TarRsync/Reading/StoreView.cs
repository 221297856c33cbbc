using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Reading;

/// <summary>
/// The store as the reading features see it: opened when first needed, kept open so that the index of blocks is read once, opened anew when another
/// store is in its place. Safe for several threads.
/// </summary>
/// <param name="engine">The engine's name.</param>
/// <param name="open">Opens the store for reading; null if there is none.</param>
internal sealed class StoreView(string engine, Func<SnapshotStore?> open) : IDisposable
{
    private const int MostKnown = 4;

    private readonly Lock _gate = new();
    private SnapshotStore? _store;
    private volatile KnownSnapshot[] _known = [];

    /// <summary>The engine's name.</summary>
    internal string Engine => engine;

    /// <summary>Readers of manifests.</summary>
    internal ManifestPool Manifests { get; } = new();

    /// <summary>Finds a snapshot.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="dataOnly">What the volume's record says besides its kind is not needed.</param>
    /// <exception cref="SnapshotNotFoundException">It is not there.</exception>
    internal (SnapshotStore Store, VolumeRecord Volume, SnapshotRecord Snapshot) Require(SnapshotRef snapshot, bool dataOnly = false)
    {
        foreach (KnownSnapshot known in snapshot.Volume.Engine == engine ? _known : [])
        {
            if (known.Holds(snapshot.Volume.Id, snapshot.Id, wholly: !dataOnly))
                return (known.Store, known.Volume, known.Snapshot);
        }
        if (snapshot.Volume.Engine == engine && Current() is { } store && KnownSnapshot.Read(store, snapshot.Volume.Id, snapshot.Id) is { } found)
        {
            _known = [found, .. _known.Where(one => one.Snapshot.Id != snapshot.Id).Take(MostKnown - 1)];
            return (found.Store, found.Volume, found.Snapshot);
        }
        throw new SnapshotNotFoundException(snapshot.Name ?? snapshot.Id, snapshot.Volume.ToString()) { Engine = engine };
    }

    /// <summary>Looks a regular file up; a block volume is one file without a path.</summary>
    /// <exception cref="StorageEngineException">NotFound: no such file. InvalidArgument: not a regular file, or a path where none belongs.</exception>
    internal ManifestEntry RequireFile(ManifestReader manifest, VolumeRecord volume, BytePath? path, SnapshotRef snapshot)
    {
        CheckPath(volume, path, snapshot);
        if (!manifest.TryFind((path ?? default).Span, out ManifestEntry entry))
            throw new StorageEngineException(EngineStatus.NotFound, EngineReason.None, Recovery.FixRequest, $"There is no '{path}' in {snapshot}.") { Engine = engine };
        return entry.Type == TreeEntryType.File ? entry : throw Invalid($"'{path}' in {snapshot} is a {entry.Type} and not a regular file.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Manifests.Dispose();
        lock (_gate)
        {
            _store?.Dispose();
            _store = null;
        }
    }

    private void CheckPath(VolumeRecord volume, BytePath? path, SnapshotRef snapshot)
    {
        if (volume.Kind == VolumeKind.Block && path is not null)
            throw Invalid($"{snapshot.Volume} is a block volume, which has no files; leave the path out.");
        if (volume.Kind == VolumeKind.Tree && path is null)
            throw Invalid($"{snapshot.Volume} is a tree; say which file is meant.");
    }

    private SnapshotStore? Current()
    {
        lock (_gate)
        {
            if (_store is not null && !_store.IsStillThere())
            {
                _store.Dispose();
                (_store, _known) = (null, []);
            }
            return _store ??= open();
        }
    }

    private StorageEngineException Invalid(string message)
        => new(EngineStatus.InvalidArgument, EngineReason.None, Recovery.FixRequest, message) { Engine = engine };
}
