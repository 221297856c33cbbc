using StorageEngines.Btrfs.Hosts;
using StorageEngines.Btrfs.Volumes;

namespace StorageEngines.Btrfs.Snapshots;

/// <summary>Cuts and deletes snapshots. One caller at a time.</summary>
internal sealed class SnapshotMaker(IBtrfsHost host, SnapshotCatalog catalog)
{
    /// <summary>Cuts one, or returns the one of that name.</summary>
    /// <param name="place">The volume.</param>
    /// <param name="change">Its snapshot directory.</param>
    /// <param name="noted">What to note of it.</param>
    /// <param name="cancellationToken">Gives up before it is cut; nothing remains.</param>
    internal SnapshotEntry Create(VolumePlace place, IBtrfsChange change, SnapshotFile noted, CancellationToken cancellationToken)
    {
        byte[] name = System.Text.Encoding.ASCII.GetBytes(noted.Name);
        BytePath home = VolumeLookup.Below(change.Directories[0], name);
        if (catalog.TryRead(place.Key, home, cancellationToken) is { } there)
        {
            return there;
        }

        change.Cut(place, name, noted.Format(), cancellationToken);
        return catalog.TryRead(place.Key, home, CancellationToken.None) ?? throw new StorageEngineException(
            EngineStatus.Aborted, EngineReason.None, Recovery.Retry, $"The snapshot '{noted.Name}' of '{place.Location}' was removed while it was made; try again.")
        { Engine = BtrfsEngineFactory.SchemeName, Operation = "create snapshot" };
    }

    /// <summary>Reads one by its directory; null if there is none.</summary>
    internal SnapshotEntry? TryRead(VolumePlace place, BytePath home) => catalog.TryRead(place.Key, home);

    /// <summary>Deletes one.</summary>
    /// <param name="entry">The snapshot.</param>
    /// <param name="cancellationToken">Gives up before it is deleted.</param>
    /// <exception cref="SnapshotInUseException">It is held, mounted, or being sent.</exception>
    internal void Delete(SnapshotEntry entry, CancellationToken cancellationToken)
    {
        if (entry.File is null)
        {
            host.Destroy(entry, cancellationToken);
            return;
        }

        using IBtrfsChange change = host.Begin(entry.Path.Parent.Parent, cancellationToken);
        if (catalog.TryRead(entry.Volume, entry.Path.Parent, cancellationToken) is not { } now || now.Details.Uuid != entry.Details.Uuid)
        {
            return; // Somebody else deleted it.
        }

        if (now.File is { Holds.Count: > 0 } held)
        {
            throw new SnapshotInUseException(
                EngineReason.HeldByOther, $"The snapshot '{entry.Name}' is held by {string.Join(", ", held.Holds)}; release it first.", held.Holds) { Engine = BtrfsEngineFactory.SchemeName };
        }

        change.Remove(now);
    }
}
