using System.Collections.Concurrent;
using StorageEngines.TarRsync.Capture;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Remote;

/// <summary>
/// Finds volumes of another machine. rsync tells no inode and no id of a file system, so a volume is what is at a path of a host, by the names that were
/// given: another directory under the same name is the same volume with other content.
/// </summary>
internal sealed class RemoteVolumes(StoreAccessor stores, RsyncProgram program) : IVolumes
{
    private const string IdentityPrefix = "rsync-";

    private readonly ConcurrentDictionary<string, VolumePlace> _known = new();

    /// <summary>Whether a volume is one of another machine.</summary>
    internal static bool IsRemote(VolumeRecord record) => record.Identity.StartsWith(IdentityPrefix, StringComparison.Ordinal);

    /// <inheritdoc/>
    public async ValueTask<VolumeInfo> ResolveAsync(BytePath location, CancellationToken cancellationToken)
    {
        if (!location.IsAbsolute)
        {
            throw new ArgumentException($"'{location}' is not an absolute path.", nameof(location));
        }

        ReadOnlyMemory<byte> path = location.Bytes;
        while (path.Length > 1 && path.Span[^1] == (byte)'/')
        {
            path = path[..^1];
        }

        VolumePlace place = await FindAsync(new BytePath(path), cancellationToken).ConfigureAwait(false);
        _known[place.Id] = place;
        return Info(place);
    }

    /// <inheritdoc/>
    public VolumePlace Locate(VolumeRef volume)
    {
        if (volume.Engine == TarRsyncEngineFactory.SchemeName)
        {
            if (_known.TryGetValue(volume.Id, out VolumePlace? place))
            {
                return place;
            }

            using SnapshotStore? store = stores.TryOpenForReading();
            if (store?.FindVolume(volume.Id) is { } record && Owns(record))
            {
                return Place(record);
            }
        }

        throw new VolumeNotFoundException(volume.ToString());
    }

    /// <inheritdoc/>
    public bool Owns(VolumeRecord volume) => volume.Identity == Identity(volume.Kind, volume.Location);

    /// <inheritdoc/>
    public void RequireKnown(VolumeRef volume) => Locate(volume);

    /// <inheritdoc/>
    /// <remarks>The host is not asked: a list of volumes is no reason to connect to every one of them.</remarks>
    public IEnumerable<VolumeInfo> All()
    {
        using SnapshotStore? store = stores.TryOpenForReading();
        HashSet<string> seen = [];
        foreach (VolumeRecord record in store?.Volumes() ?? [])
        {
            if (Owns(record))
            {
                seen.Add(record.Id);
                long? capacity = record.Kind == VolumeKind.Block ? store!.ReadableSnapshots(record.Id).LastOrDefault()?.SizeBytes ?? 0 : null;
                yield return Info(Place(record) with { CapacityBytes = capacity });
            }
        }

        foreach (VolumePlace place in _known.Values.Where(place => !seen.Contains(place.Id)))
        {
            yield return Info(place);
        }
    }

    private static VolumeInfo Info(VolumePlace place)
        => new(VolumeLookup.Ref(place.Id, place.Location), place.Kind, place.Location, place.CapacityBytes);

    private static VolumePlace Place(VolumeRecord record) => new(record.Location, record.Kind, record.Identity, null, "");

    private async Task<VolumePlace> FindAsync(BytePath location, CancellationToken cancellationToken)
    {
        try
        {
            (VolumeKind kind, long? size) = await program.LookAsync(location, cancellationToken).ConfigureAwait(false);
            return new VolumePlace(location, kind, Identity(kind, location), kind == VolumeKind.Block ? size ?? 0 : null, "");
        }
        catch (StorageCommandException e) when (e.Status == EngineStatus.Unavailable && Remembered(location) is not null)
        {
            return Remembered(location)!; // Its host is away; its snapshots are here all the same.
        }
    }

    private VolumePlace? Remembered(BytePath location)
    {
        using SnapshotStore? store = stores.TryOpenForReading();
        VolumeRecord? record = store?.Volumes().Where(record => Owns(record) && record.Location == location).MaxBy(record => record.CreatedAt);
        return record is null ? null : Place(record) with { CapacityBytes = record.Kind == VolumeKind.Block ? store!.ReadableSnapshots(record.Id).LastOrDefault()?.SizeBytes ?? 0 : null };
    }

    private string Identity(VolumeKind kind, BytePath location)
        => $"{IdentityPrefix}{(kind == VolumeKind.Tree ? "tree" : "block")}:{program.Host.Shell.Address}:{location}";
}
