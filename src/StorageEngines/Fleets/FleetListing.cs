using System.Runtime.CompilerServices;

namespace StorageEngines;

/// <summary>Lists the volumes and their snapshots, of all of them in one go or of each, and finds the pair of each. Used once.</summary>
/// <param name="engine">The engine.</param>
/// <param name="snapshots">Its snapshots.</param>
/// <param name="options">Which volumes and snapshots.</param>
/// <param name="progress">Told how far it is.</param>
internal sealed class FleetListing(IStorageEngine engine, ISnapshots snapshots, FleetOptions options, FleetProgress progress)
{
    private readonly bool _isPerVolume = options.ListPerVolume ?? snapshots.ListsPerVolume;

    /// <summary>Every volume that is wanted, once; with its pair, unless the snapshots are listed per volume.</summary>
    internal IAsyncEnumerable<FleetVolume> ReadAsync(CancellationToken cancellationToken)
        => _isPerVolume ? VolumesAsync(cancellationToken) : PairsAsync(cancellationToken);

    /// <summary>Finds the pair of a volume, if the snapshots are listed per volume.</summary>
    internal async Task CompleteAsync(FleetVolume volume, CancellationToken cancellationToken)
    {
        if (!_isPerVolume || volume.IsTree)
        {
            return;
        }

        await foreach (SnapshotInfo snapshot in snapshots.ListAsync(volume.Ref, options.NamePrefix, cancellationToken).ConfigureAwait(false))
        {
            if (volume.Add(snapshot))
            {
                break;
            }
        }
    }

    private async IAsyncEnumerable<FleetVolume> VolumesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IAsyncEnumerable<VolumeInfo> volumes = options.Location is { } place ? engine.ListVolumesWithinAsync(place, cancellationToken) : engine.ListVolumesAsync(cancellationToken);
        await foreach (VolumeInfo volume in volumes.ConfigureAwait(false))
        {
            yield return new FleetVolume(volume.Ref, options) { Location = volume.Location, IsTree = volume.Kind == VolumeKind.Tree };
        }
    }

    // A volume comes when nothing that is listed later can change its pair.
    private async IAsyncEnumerable<FleetVolume> PairsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var volumes = new OrderedDictionary<VolumeRef, FleetVolume>();
        await foreach (FleetVolume volume in VolumesAsync(cancellationToken).ConfigureAwait(false))
        {
            volumes.TryAdd(volume.Ref, volume);
        }

        await foreach (SnapshotInfo snapshot in snapshots.ListAsync(null, options.NamePrefix, cancellationToken).ConfigureAwait(false))
        {
            progress.Listed();
            if (Find(volumes, snapshot.Ref.Volume) is { IsComplete: false } volume && volume.Add(snapshot))
            {
                yield return volume;
            }
        }

        progress.ListingEnded(volumes.Count);
        foreach (FleetVolume volume in volumes.Values)
        {
            if (!volume.IsComplete)
            {
                yield return volume;
            }
        }
    }

    // A volume may have been made since the volumes were listed, or be gone while its snapshots are there. Where it is, or was, is not known.
    private FleetVolume? Find(OrderedDictionary<VolumeRef, FleetVolume> volumes, VolumeRef volume)
    {
        if (!volumes.TryGetValue(volume, out FleetVolume? found) && options.Location is null)
        {
            found = new FleetVolume(volume, options);
            volumes.Add(volume, found);
        }

        return found;
    }
}
