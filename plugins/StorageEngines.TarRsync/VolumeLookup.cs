using System.Collections.Concurrent;
using StorageEngines.TarRsync.Capture;
using StorageEngines.TarRsync.Remote;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync;

/// <summary>Finds volumes of this machine.</summary>
internal sealed class VolumeLookup(StoreAccessor stores) : IVolumes
{
    private readonly ConcurrentDictionary<string, VolumePlace> _resolved = new();

    /// <summary>Looks at a path. What is found there is known from then on, also before its first snapshot.</summary>
    /// <exception cref="VolumeNotFoundException">Nothing is there.</exception>
    /// <exception cref="StorageEngineException">It cannot be a volume, or may not be read.</exception>
    internal VolumeInfo Resolve(BytePath location)
    {
        VolumePlace place = VolumePlace.Find(location);
        _resolved[place.Id] = place;
        return Info(place);
    }

    /// <inheritdoc/>
    public ValueTask<VolumeInfo> ResolveAsync(BytePath location, CancellationToken cancellationToken) => new(Resolve(location));

    /// <inheritdoc/>
    public VolumePlace Locate(VolumeRef volume)
    {
        VolumePlace place = VolumePlace.Find(LastLocation(volume));
        return place.Id == volume.Id ? place : throw new VolumeNotFoundException(volume.ToString(), EngineReason.VolumeReplaced);
    }

    /// <inheritdoc/>
    public void RequireKnown(VolumeRef volume) => LastLocation(volume);

    /// <inheritdoc/>
    public bool Owns(VolumeRecord volume) => !RemoteVolumes.IsRemote(volume);

    /// <inheritdoc/>
    public IEnumerable<VolumeInfo> All()
    {
        using SnapshotStore? store = stores.TryOpenForReading();
        var locations = _resolved.ToDictionary(pair => pair.Key, pair => pair.Value.Location);
        var seen = new HashSet<string>();
        foreach (VolumeRecord record in store?.Volumes() ?? [])
        {
            if (!Owns(record))
            {
                continue;
            }

            seen.Add(record.Id);
            BytePath location = locations.GetValueOrDefault(record.Id, record.Location);
            long? capacity = record.Kind == VolumeKind.Block ? store!.ReadableSnapshots(record.Id).LastOrDefault()?.SizeBytes ?? 0 : null;
            yield return TryFind(record.Id, location) ?? new VolumeInfo(Ref(record.Id, location), record.Kind, location, capacity);
        }

        foreach ((string id, BytePath location) in locations)
        {
            if (!seen.Contains(id) && TryFind(id, location) is { } info)
            {
                yield return info;
            }
        }
    }

    /// <summary>A reference to a volume, labelled with its place.</summary>
    internal static VolumeRef Ref(string id, BytePath location) => new(TarRsyncEngineFactory.SchemeName, id, location.ToString());

    private BytePath LastLocation(VolumeRef volume)
    {
        if (volume.Engine == TarRsyncEngineFactory.SchemeName)
        {
            if (_resolved.TryGetValue(volume.Id, out VolumePlace? place))
            {
                return place.Location;
            }

            using SnapshotStore? store = stores.TryOpenForReading();
            if (store?.FindVolume(volume.Id) is { } record)
            {
                return record.Location;
            }
        }

        throw new VolumeNotFoundException(volume.ToString());
    }

    private static VolumeInfo? TryFind(string id, BytePath location)
    {
        try
        {
            VolumePlace place = VolumePlace.Find(location);
            return place.Id == id ? Info(place) : null;
        }
        catch (StorageEngineException)
        {
            return null; // It is away now; its snapshots are still there.
        }
    }

    private static VolumeInfo Info(VolumePlace place) => new(Ref(place.Id, place.Location), place.Kind, place.Location, place.CapacityBytes);
}
