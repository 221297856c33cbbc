using System.Text;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Reflink;
using StorageEngines.TarRsync.Remote;
using StorageEngines.TarRsync.Store;
using StorageEngines.TarRsync.Walk;

namespace StorageEngines.TarRsync.Capture;

/// <summary>Takes a snapshot of a volume into a store that is open for writing.</summary>
internal sealed class SnapshotCreator(
    SnapshotStore store, TimeProvider time, IVolumeReadMeter? observer, Func<PosixTime> fileClock, CaptureChoices choices = default)
{
    // Each attempt walks the volume anew; beyond these, all of it is read.
    private const int MostLenders = 3;

    /// <summary>Read this copy of the volume, which is on another machine. Default: null, the volume itself.</summary>
    internal PulledCopy? Copy { get; init; }

    /// <summary>Takes it; or returns the one of that name that is there.</summary>
    /// <exception cref="StorageEngineException">It cannot be had; nothing of it remains.</exception>
    internal SnapshotRecord Create(VolumePlace place, CreateSnapshotRequest request, CancellationToken cancellationToken)
    {
        VolumeRecord volume = Register(place);
        IReadOnlyList<SnapshotRecord> others = store.Snapshots(volume.Id);
        if (others.FirstOrDefault(snapshot => snapshot.Name == request.Name) is { } existing)
        {
            return existing;
        }

        RequireReachable(request, place);
        if (request.RecheckPercent is not (>= 0 and <= 100))
        {
            throw new ArgumentException($"{nameof(request.RecheckPercent)} is {request.RecheckPercent}; give 0 to 100.", nameof(request));
        }

        DateTimeOffset start = time.GetUtcNow();
        // Only a snapshot that has its data may lend blocks. Which of them it is does not matter: a file that is unchanged by inode and ctime is the same in all.
        var warnings = new CaptureWarnings();
        foreach (SnapshotRecord lender in others.Reverse().Where(snapshot => snapshot.State == SnapshotState.Ready).Take(MostLenders))
        {
            try
            {
                return Create(place, request, volume, lender, start, warnings, cancellationToken);
            }
            catch (CorruptDataException damage) when (damage.DamagedObject == store.ManifestPath(lender.Id))
            {
                warnings.Add($"the manifest of '{lender.Name}' is damaged, so that this snapshot was not compared with it; check the store ({damage.Message})");
            }
        }

        return Create(place, request, volume, null, start, warnings, cancellationToken);
    }

    private SnapshotRecord Create(
        VolumePlace place, CreateSnapshotRequest request, VolumeRecord volume, SnapshotRecord? lender, DateTimeOffset start, CaptureWarnings warnings, CancellationToken cancellationToken)
    {
        using ManifestReader? previous = lender is null ? null : store.OpenManifest(lender);
        using SnapshotWriter writer = store.BeginSnapshot(volume.Id, request.Name);
        var meter = new VolumeReadMeter(observer);
        var settling = new ReadSettling(Copy?.FileSystem ?? place.FileSystem, fileClock);
        var context = new CaptureContext(writer, previous, meter, settling, warnings, choices.Chunking, request.Progress, Reflink(place), choices.CloneFrom)
        {
            Recheck = request.RecheckPercent > 0 ? new Recheck(request.RecheckPercent, meter, warnings) : null,
        };
        (long entries, long bytes, Consistency consistency) = place.Kind == VolumeKind.Tree
            ? Tree(place, context, cancellationToken)
            : Block(context, Copy?.Location ?? place.Location, cancellationToken);
        if (Copy is not null)
        {
            consistency = Copy.HeldStill ? consistency : Consistency.Unknown;
            Copy.Warnings.ForEach(warnings.Add);
        }

        if (consistency < request.MinimumConsistency)
        {
            throw new StorageEngineException(EngineStatus.Aborted, EngineReason.ChangedWhileRead, Recovery.RetryAfterBackoff,
                $"'{place.Location}' did not hold still: {string.Join("; ", warnings.ToList().Take(3))}. Stop what writes to it, or accept less consistency.")
            { Engine = TarRsyncEngineFactory.SchemeName, Operation = "create snapshot" };
        }

        cancellationToken.ThrowIfCancellationRequested();
        return writer.Commit(new SnapshotCommit
        {
            CreatedAt = start,
            Consistency = consistency,
            SizeBytes = bytes,
            Statistics = new SnapshotStatistics(entries, bytes, Copy?.Files ?? meter.Files, Copy?.Bytes ?? meter.Bytes, writer.BytesStored)
            {
                Recheck = context.Recheck?.Result,
                FilesCloned = context.Clones.Files,
                BytesCloned = context.Clones.Bytes,
            },
            Labels = request.Labels,
            Warnings = warnings.ToList(),
        });
    }

    // Each file of a tree that cannot be cloned would be made durable for nothing, so that it is known before; an image is tried.
    private ReflinkMode Reflink(VolumePlace place) => place.Kind == VolumeKind.Tree && choices.Reflink == ReflinkMode.Auto && !CloneSupport.MayClone(choices.Reflink, place, store.Directory)
        ? ReflinkMode.Never
        : choices.Reflink;

    private VolumeRecord Register(VolumePlace place)
    {
        VolumeRecord? known = store.FindVolume(place.Id);
        if (known is not null && known.Location == place.Location)
        {
            return known;
        }

        VolumeRecord volume = (known ?? new VolumeRecord
        {
            Id = place.Id,
            Kind = place.Kind,
            Location = place.Location,
            Identity = place.Identity,
            LineageId = Hex.Of(Guid.NewGuid()),
            CreatedAt = time.GetUtcNow(),
        }) with { Location = place.Location };
        store.UpdateVolume(volume);
        return volume;
    }

    private void RequireReachable(CreateSnapshotRequest request, VolumePlace place)
    {
        bool atOnce = place.Kind == VolumeKind.Block && (choices.Reflink == ReflinkMode.Always || CloneSupport.MayClone(choices.Reflink, place, store.Directory));
        RequireReachable(request, atOnce ? Consistency.Crash : Consistency.PerFile);
    }

    /// <summary>Refuses what cannot be given.</summary>
    /// <exception cref="StorageEngineException">More consistency is asked for than there can be.</exception>
    internal static void RequireReachable(CreateSnapshotRequest request, Consistency most)
    {
        if (request.MinimumConsistency > most)
        {
            throw new StorageEngineException(EngineStatus.FailedPrecondition, EngineReason.NotSupported, Recovery.FixRequest,
                $"A walk reads one file after the other, so at most {Consistency.PerFile} consistency can be had, not {request.MinimumConsistency}. Ask for less, or use a storage that takes snapshots itself.")
            { Engine = TarRsyncEngineFactory.SchemeName, Operation = "create snapshot" };
        }
    }

    private (long Entries, long Bytes, Consistency Consistency) Tree(VolumePlace place, CaptureContext context, CancellationToken cancellationToken)
    {
        DirectoryHandle root;
        try
        {
            root = DirectoryHandle.Open((Copy?.Location ?? place.Location).Span);
        }
        catch (PosixException e)
        {
            throw WalkErrors.From(e, "open volume", place.Location);
        }

        using TreeWalker walker = Walk(root, cancellationToken);
        var capture = new TreeCapture(context);
        capture.Run(walker, cancellationToken);
        return (capture.Entries, capture.VolumeBytes, capture.AnyChanged ? Consistency.Unknown : Consistency.PerFile);
    }

    // Statuses in bulk are taken here, after the snapshot's start: they are later than any change that it has to hold.
    private TreeWalker Walk(DirectoryHandle root, CancellationToken cancellationToken)
    {
        try
        {
            WalkMode mode = Copy is null ? choices.Walk : WalkMode.Statx;
            WalkOptions options = WalkOptionsFor(store.Directory);
            PosixTime now = fileClock();
            PosixTime settled = now with { Seconds = now.Seconds - (choices.BulkUnsettledSeconds ?? BulkChoice.UnsettledSeconds) };
            return new TreeWalker(root, options with { Bulk = BulkChoice.Take(mode, root, options.Threads, settled, cancellationToken) });
        }
        catch
        {
            root.Dispose();
            throw;
        }
    }

    private static (long Entries, long Bytes, Consistency Consistency) Block(CaptureContext context, BytePath location, CancellationToken cancellationToken)
    {
        var capture = new BlockCapture(context, location);
        capture.Run(cancellationToken);
        return (0, capture.CapacityBytes, capture.Cloned ? Consistency.Crash : capture.HeldStill ? Consistency.PerFile : Consistency.Unknown);
    }

    /// <summary>A walk that leaves the store out.</summary>
    internal static WalkOptions WalkOptionsFor(string storeDirectory)
    {
        FileStatus status = FileStatus.GetPath(Encoding.UTF8.GetBytes(storeDirectory));
        return new WalkOptions { Excluded = (status.DeviceMajor, status.DeviceMinor, status.Inode) };
    }
}
