using System.Runtime.CompilerServices;

namespace StorageEngines.Testing.Faults;

/// <summary>Snapshots with one mistake in them.</summary>
internal sealed class FaultySnapshots(MemoryStore store, InMemoryFault fault, FaultMemory memory, ISnapshots inner) : ISnapshots
{
    public async Task<SnapshotInfo> CreateAsync(CreateSnapshotRequest request, CancellationToken cancellationToken = default)
    {
        if (fault == InMemoryFault.CreateNotIdempotent)
        {
            RequireNew(request);
        }

        try
        {
            SnapshotInfo made = await inner.CreateAsync(request, Seen(cancellationToken)).ConfigureAwait(false);
            if (memory.TryRemember(made.Ref))
            {
                await SpoilAsync(made.Ref, cancellationToken).ConfigureAwait(false);
            }

            return made;
        }
        catch (OperationCanceledException) when (fault == InMemoryFault.LeavesSnapshotOnCancel)
        {
            lock (store.Gate)
            {
                store.Cut(store.RequireVolume(request.Volume), request.Name, request.Labels);
            }

            throw;
        }
    }

    public Task<SnapshotInfo> GetAsync(SnapshotRef snapshot, CancellationToken cancellationToken = default) => inner.GetAsync(snapshot, Seen(cancellationToken));

    public async IAsyncEnumerable<SnapshotInfo> ListAsync(
        VolumeRef? volume, string? namePrefix = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        IAsyncEnumerable<SnapshotInfo> listed = inner.ListAsync(volume, namePrefix, Seen(cancellationToken));
        if (fault == InMemoryFault.ListsNewestFirst)
        {
            listed = listed.Reverse();
        }

        await foreach (SnapshotInfo snapshot in listed.ConfigureAwait(false))
        {
            yield return fault == InMemoryFault.ListsOneByOne ? await inner.GetAsync(snapshot.Ref, cancellationToken).ConfigureAwait(false) : snapshot;
        }
    }

    public async Task DeleteAsync(SnapshotRef snapshot, DeleteMode mode = DeleteMode.Everything, CancellationToken cancellationToken = default)
    {
        lock (store.Gate)
        {
            StoredSnapshot? there = store.FindSnapshot(snapshot.Volume.Id, snapshot.Id);
            if (there is null && fault == InMemoryFault.DeleteNotIdempotent)
            {
                throw new SnapshotNotFoundException(snapshot.Id, snapshot.Volume.ToString());
            }

            if (there is not null && fault == InMemoryFault.IgnoresHolds)
            {
                store.Put(there with { Holds = there.Holds.Clear() });
            }
        }

        await inner.DeleteAsync(snapshot, mode, Seen(cancellationToken)).ConfigureAwait(false);
    }

    public Task<VolumeInfo> CloneAsync(
        SnapshotRef snapshot, BytePath location, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default)
        => inner.CloneAsync(snapshot, location, progress, Seen(cancellationToken));

    public Task RollbackAsync(SnapshotRef snapshot, RollbackOptions options, CancellationToken cancellationToken = default) => fault switch
    {
        InMemoryFault.RollbackDoesNothing => Task.CompletedTask,
        InMemoryFault.DestroysNewerUnasked => inner.RollbackAsync(snapshot, options with { DestroyNewer = true }, cancellationToken),
        _ => inner.RollbackAsync(snapshot, options, Seen(cancellationToken)),
    };

    public Task HoldAsync(SnapshotRef snapshot, string owner, CancellationToken cancellationToken = default) => inner.HoldAsync(snapshot, owner, Seen(cancellationToken));

    public Task ReleaseAsync(SnapshotRef snapshot, string owner, CancellationToken cancellationToken = default)
        => inner.ReleaseAsync(snapshot, owner, Seen(cancellationToken));

    private CancellationToken Seen(CancellationToken cancellationToken) => fault == InMemoryFault.IgnoresCancellation ? CancellationToken.None : cancellationToken;

    /// <summary>What some faults do to a snapshot that was just made.</summary>
    private async Task SpoilAsync(SnapshotRef snapshot, CancellationToken cancellationToken)
    {
        switch (fault)
        {
            case InMemoryFault.ForgetsWritesDuringCut:
                await memory.CutSlowlyAsync(snapshot, (_, late) => late, cancellationToken).ConfigureAwait(false);
                break;
            case InMemoryFault.TearsUnderWrite:
                await memory.CutSlowlyAsync(snapshot, FaultMemory.Torn, cancellationToken).ConfigureAwait(false);
                break;
            case InMemoryFault.ReadsVolumeForSnapshot:
                lock (store.Gate)
                {
                    store.Counters.AddVolumeBytes(store.RequireVolume(snapshot.Volume).Content.SizeBytes);
                }

                break;
        }
    }

    private void RequireNew(CreateSnapshotRequest request)
    {
        lock (store.Gate)
        {
            if (store.SnapshotsOf(request.Volume.Id).Any(snapshot => snapshot.Name == request.Name))
            {
                throw new StorageEngineException(
                    EngineStatus.AlreadyExists, EngineReason.NameTaken, Recovery.FixRequest, $"Snapshot '{request.Name}' exists already; choose another name.");
            }
        }
    }
}
