using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using StorageEngines.Btrfs.Changes;
using StorageEngines.Btrfs.Hosts;
using StorageEngines.Btrfs.Reading;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.Btrfs.Volumes;

namespace StorageEngines.Btrfs.Differences;

/// <summary>How a volume differs now from a snapshot of it: it is frozen in a snapshot that is in no list, compared, and that snapshot deleted. What a kill leaves is swept.</summary>
internal sealed class BtrfsPendingChanges(VolumeLookup volumes, SnapshotCatalog catalog, ChangeQuery query, BtrfsSnapshots snapshots) : IPendingChanges
{
    /// <inheritdoc/>
    /// <remarks>Implements: ioctl BTRFS_IOC_SNAP_CREATE_V2, BTRFS_IOC_TREE_SEARCH_V2 or BTRFS_IOC_SEND, BTRFS_IOC_SNAP_DESTROY_V2, ioctl_btrfs(2).</remarks>
    public async IAsyncEnumerable<PendingChange> ListAsync(PendingChangesQuery asked, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(asked);
        cancellationToken.ThrowIfCancellationRequested();
        VolumePlace place = await Offload.RunAsync(() => volumes.Locate(asked.Volume, cancellationToken), cancellationToken).ConfigureAwait(false);
        SnapshotEntry from = await Offload.RunAsync(() => FindBase(place, asked.Base, cancellationToken), cancellationToken).ConfigureAwait(false);
        SnapshotEntry now = await FreezeAsync(place, cancellationToken).ConfigureAwait(false);
        try
        {
            var asTarget = new SnapshotRef(place.Ref, now.Id, place.Location.ToString());
            LineageRule.Require(from, now);
            using SnapshotPair pair = await Offload.RunAsync(() => volumes.Host.Compare(from, now, asTarget, cancellationToken), cancellationToken).ConfigureAwait(false);
            var options = new ReducerOptions { MaxExtentsPerFile = 0, Tree = pair, States = pair, AsksAtOnce = pair is LocalPair };
            using IChangeList? changes = ChangeQuery.AreEqual(from, now)
                ? null : await Offload.RunAsync(() => query.Compare(pair, options, cancellationToken), cancellationToken).ConfigureAwait(false);
            foreach (FileChange change in changes?.Changes(cancellationToken) ?? [])
            {
                yield return ToPending(change, pair);
            }

            SnapshotInfo info = from.ToInfo(place.Ref, null);
            asked.Totals?.Report(new PendingTotals(info.Ref, info.CreatedAt, null, 0, 0));
        }
        finally
        {
            await ThawAsync(place, now).ConfigureAwait(false);
        }
    }

    private static PendingChange ToPending(FileChange change, SnapshotPair pair)
    {
        // Of another machine each entry would be a question of its own.
        TreeEntry? Entry(BytePath path, Func<BytePath, KnownEntry?> look)
            => pair is LocalPair && look(path) is { } known ? TreeEntries.Of(path, known) : null;
        return new PendingChange(change.Kind, change.Path)
        {
            OldPath = change.OldPath,
            BaseEntry = Entry(change.OldPath ?? change.Path, pair.InBase),
            LiveEntry = Entry(change.Path, pair.InTarget),
        };
    }

    private SnapshotEntry FindBase(VolumePlace place, ChangeToken? token, CancellationToken cancellationToken)
    {
        if (token is not null)
        {
            return LineageRule.FindBase(catalog, volumes, token, place.Key, place.Ref);
        }

        IReadOnlyList<SnapshotEntry> all = catalog.List(place.Ref, cancellationToken).Snapshots;
        return all.LastOrDefault(each => each.Details.IsPristine && each.Details.ParentUuid == place.Current.Uuid)
            ?? all.FirstOrDefault(each => each.Details.IsPristine && each.Details.Uuid == place.Current.ParentUuid)
            ?? throw new ChangeTrackingUnavailableException(EngineReason.BaseMissing, $"There is no snapshot of '{place.Location}' yet to compare with; take one.") { Engine = BtrfsEngineFactory.SchemeName };
    }

    private Task<SnapshotEntry> FreezeAsync(VolumePlace place, CancellationToken cancellationToken) => snapshots.WriteAsync(
        "look at",
        place.Ref,
        () =>
        {
            using IBtrfsChange change = snapshots.BeginSwept([place], cancellationToken);
            BytePath path = VolumeLookup.Below(change.Directories[0], [.. SnapshotStore.Unfinished, .. "status-"u8, .. System.Text.Encoding.ASCII.GetBytes(RandomNumberGenerator.GetHexString(12, lowercase: true))]);
            return new SnapshotEntry(place.Key, change.Freeze(place, path), path, null);
        },
        cancellationToken);

    private Task<bool> ThawAsync(VolumePlace place, SnapshotEntry now) => snapshots.WriteAsync(
        "tidy up after looking at",
        place.Ref,
        () =>
        {
            volumes.Host.Destroy(now, CancellationToken.None);
            return true;
        },
        CancellationToken.None);
}
