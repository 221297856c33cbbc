using StorageEngines.LvmThin.Hosts;
using StorageEngines.LvmThin.Snapshots;
using StorageEngines.LvmThin.Volumes;

namespace StorageEngines.LvmThin.Reading;

/// <summary>Reads snapshots, which are switched on for it.</summary>
internal sealed class LvmSnapshotReader(LvmHost host, VolumeCatalog catalog) : ISnapshotReader, IAsyncDisposable
{
    private readonly ActiveSnapshots _active = new(host);

    /// <inheritdoc/>
    /// <remarks>Implements: lvchange(8) with <c>--activate y --ignoreactivationskip</c>, dd(1).</remarks>
    public async ValueTask<Stream> OpenReadAsync(SnapshotRef snapshot, BytePath? path = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        if (path is not null)
        {
            throw LvmErrors.NotSupported(EngineStatus.InvalidArgument, $"'{snapshot.Volume}' is a block volume and has no files; leave the path out.");
        }

        ThinSnapshot found = (await catalog.RequireAsync(snapshot, cancellationToken).ConfigureAwait(false)).Snapshot;
        await _active.OpenAsync(found, cancellationToken).ConfigureAwait(false);
        return new SnapshotStream(host, _active, found);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _active.DisposeAsync();
}
