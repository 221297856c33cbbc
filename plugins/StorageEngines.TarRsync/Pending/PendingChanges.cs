using System.Runtime.CompilerServices;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Capture;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store;
using StorageEngines.TarRsync.Walk;

namespace StorageEngines.TarRsync.Pending;

/// <summary>Compares volumes as they are now with their snapshots, by the same check that a snapshot goes by. Stores nothing.</summary>
internal sealed class PendingChanges(StoreAccessor stores, IVolumes volumes) : IPendingChanges
{
    // Nobody waits for files that are read, so that few entries ahead are enough, and stay in the processor's cache.
    private const int EntriesAhead = 8192;

    /// <inheritdoc/>
    public async IAsyncEnumerable<PendingChange> ListAsync(PendingChangesQuery query, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        await Task.CompletedTask.ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        VolumePlace place = volumes.Locate(query.Volume);
        if (place.Kind != VolumeKind.Tree)
        {
            foreach (PendingChange change in Image(place, query))
            {
                yield return change;
            }

            yield break;
        }

        // The threads of the walk are at work while the store is opened.
        using var walker = new TreeWalker(OpenRoot(place), WalkOptionsFor(stores.Directory));
        using SnapshotStore? store = stores.TryOpenForReading();
        SnapshotRecord record = PendingBase.Require(store, place, query.Base);
        using ManifestReader previous = store!.OpenStatuses(record);
        var comparison = new PendingTree(previous, walker);
        foreach (FileChange change in comparison.Changes(cancellationToken))
        {
            yield return ToPending(change);
        }

        query.Totals?.Report(Totals(place, record, comparison.Entries, comparison.FilesToRead, comparison.BytesToRead));
    }

    private IEnumerable<PendingChange> Image(VolumePlace place, PendingChangesQuery query)
    {
        using SnapshotStore? store = stores.TryOpenForReading();
        SnapshotRecord record = PendingBase.Require(store, place, query.Base);
        using ManifestReader previous = store!.OpenStatuses(record);
        FileStatus status = FileStatus.GetPath(place.Location.Span);
        bool known = previous.MoveNext();
        bool changed = !known || !status.IsRegular || !MetadataReader.IsUnchanged(in previous.Current, in status);
        if (changed)
        {
            ManifestEntry now = PendingEntry.Of(in status, default);
            (now.Type, now.Size) = (TreeEntryType.File, place.CapacityBytes ?? now.Size);
            FileChangeKind kind = known && status.IsRegular ? Reading.EntryComparison.Compare(in previous.Current, in now) : FileChangeKind.Content;
            yield return new PendingChange(kind == FileChangeKind.None ? FileChangeKind.Metadata : kind, default)
            {
                BaseEntry = known ? previous.Current.ToTreeEntry() : null,
                LiveEntry = now.ToTreeEntry(),
            };
        }

        query.Totals?.Report(Totals(place, record, 1, changed ? 1 : 0, changed ? place.CapacityBytes ?? 0 : 0));
    }

    private static PendingTotals Totals(VolumePlace place, SnapshotRecord record, long entries, long files, long bytes)
    {
        SnapshotInfo info = record.ToInfo(VolumeLookup.Ref(place.Id, place.Location));
        return new PendingTotals(info.Ref, info.CreatedAt, entries, files, bytes);
    }

    private static PendingChange ToPending(FileChange change) => new(change.Kind, change.Path)
    {
        OldPath = change.OldPath,
        BaseEntry = change.BaseEntry,
        LiveEntry = change.TargetEntry,
    };

    private static DirectoryHandle OpenRoot(VolumePlace place)
    {
        try
        {
            return DirectoryHandle.Open(place.Location.Span);
        }
        catch (PosixException e)
        {
            throw WalkErrors.From(e, "open volume", place.Location);
        }
    }

    // No store, no directory to leave out: what that means is told when the base is looked for.
    private static WalkOptions WalkOptionsFor(string storeDirectory)
    {
        try
        {
            return SnapshotCreator.WalkOptionsFor(storeDirectory) with { EntriesAhead = EntriesAhead };
        }
        catch (PosixException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            return new WalkOptions();
        }
    }
}
