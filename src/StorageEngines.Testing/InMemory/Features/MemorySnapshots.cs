using System.Runtime.CompilerServices;

namespace StorageEngines.Testing;

/// <summary>Snapshots of single volumes.</summary>
internal sealed class MemorySnapshots(MemoryStore store) : ISnapshots
{
    public async Task<SnapshotInfo> CreateAsync(CreateSnapshotRequest request, CancellationToken cancellationToken = default)
    {
        SnapshotName.Require(request.Name);
        using InMemoryCounters.Counted operation = store.Counters.Operation();
        await store.StepAsync("create:begin", cancellationToken).ConfigureAwait(false);
        if (request.MinimumConsistency > Consistency.Crash)
        {
            throw new StorageEngineException(
                EngineStatus.FailedPrecondition, EngineReason.None, Recovery.FixRequest,
                $"Volume '{request.Volume}' can be snapshotted as after a crash ({Consistency.Crash}), not as {request.MinimumConsistency}; ask for less or quiesce it.")
            { Engine = InMemoryStorageEngine.Scheme, Operation = "create snapshot" };
        }

        lock (store.Gate)
        {
            VolumeState volume = store.RequireVolume(request.Volume);
            if (Find(volume, request.Name) is { } there)
            {
                return there.Info(volume);
            }
        }

        using InMemoryCounters.Counted temporary = store.Counters.TemporarySnapshot();
        await store.StepAsync("create:prepared", cancellationToken).ConfigureAwait(false);
        lock (store.Gate)
        {
            VolumeState volume = store.RequireVolume(request.Volume);
            return (Find(volume, request.Name) ?? store.Cut(volume, request.Name, request.Labels)).Info(volume);
        }
    }

    public async Task<SnapshotInfo> GetAsync(SnapshotRef snapshot, CancellationToken cancellationToken = default)
    {
        using InMemoryCounters.Counted operation = store.Counters.Operation();
        await store.StepAsync("get:begin", cancellationToken).ConfigureAwait(false);
        lock (store.Gate)
        {
            return store.RequireSnapshot(snapshot).Info(store.RequireVolume(snapshot.Volume));
        }
    }

    public async IAsyncEnumerable<SnapshotInfo> ListAsync(
        VolumeRef? volume, string? namePrefix = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using InMemoryCounters.Counted operation = store.Counters.Operation();
        await store.StepAsync("list:begin", cancellationToken).ConfigureAwait(false);
        SnapshotInfo[] found;
        lock (store.Gate)
        {
            string? volumeId = volume is null ? null : store.RequireVolume(volume).Id;
            Dictionary<string, VolumeState> byId = store.Volumes.ToDictionary(state => state.Id);
            found =
            [
                .. store.SnapshotsOf(volumeId)
                    .Where(snapshot => namePrefix is null || snapshot.Name.StartsWith(namePrefix, StringComparison.Ordinal))
                    .Select(snapshot => snapshot.Info(byId[snapshot.VolumeId])),
            ];
        }

        foreach (SnapshotInfo snapshot in found)
        {
            await store.StepAsync("list:item", cancellationToken).ConfigureAwait(false);
            yield return snapshot;
        }
    }

    public async Task DeleteAsync(SnapshotRef snapshot, DeleteMode mode = DeleteMode.Everything, CancellationToken cancellationToken = default)
    {
        using InMemoryCounters.Counted operation = store.Counters.Operation();
        if (mode == DeleteMode.DataOnly)
        {
            Require(EngineCapability.DeleteDataOnly);
        }

        await store.StepAsync("delete:begin", cancellationToken).ConfigureAwait(false);
        lock (store.Gate)
        {
            if (store.FindSnapshot(snapshot.Volume.Id, snapshot.Id) is not { } found)
            {
                return;
            }

            RequireNoHolds(found, snapshot);
            if (mode == DeleteMode.DataOnly)
            {
                store.Put(found with { DataGone = true });
            }
            else
            {
                store.Remove(found);
            }
        }
    }

    public async Task<VolumeInfo> CloneAsync(
        SnapshotRef snapshot, BytePath location, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        Require(EngineCapability.Clone);
        using InMemoryCounters.Counted operation = store.Counters.Operation();
        await store.StepAsync("clone:begin", cancellationToken).ConfigureAwait(false);
        lock (store.Gate)
        {
            StoredSnapshot source = store.RequireSnapshot(snapshot, withData: true);
            VolumeState clone = store.AddVolume(System.Text.Encoding.UTF8.GetString(location.Span), source.Content);
            clone.HeadState = source.StateId;
            clone.HeadContent = source.Content;
            progress?.Report(new OperationProgress("clone", source.Content.SizeBytes, source.Content.SizeBytes));
            return clone.Info;
        }
    }

    public async Task RollbackAsync(SnapshotRef snapshot, RollbackOptions options, CancellationToken cancellationToken = default)
    {
        Require(EngineCapability.RollbackInPlace);
        ArgumentNullException.ThrowIfNull(options);
        using InMemoryCounters.Counted operation = store.Counters.Operation();
        await store.StepAsync("rollback:begin", cancellationToken).ConfigureAwait(false);
        lock (store.Gate)
        {
            StoredSnapshot source = store.RequireSnapshot(snapshot, withData: true);
            VolumeState volume = store.RequireVolume(snapshot.Volume);
            IReadOnlyList<StoredSnapshot> newer = store.Options.RollbackKeepsNewer ? [] : RequireMayGo(volume, source, options);
            if (options.SafetySnapshotName is { } safetyName)
            {
                TakeSafetySnapshot(volume, safetyName);
            }

            foreach (StoredSnapshot doomed in newer)
            {
                store.Remove(doomed);
            }

            volume.Content = source.Content.Tree is { } tree
                ? new VolumeContent(null, tree with { NextId = Math.Max(tree.NextId, volume.Content.Tree!.NextId) })
                : source.Content;
            volume.LineageId = store.NextId("l");
            MemoryStore.SetHead(volume, source);
            options.Progress?.Report(new OperationProgress("rollback", source.Content.SizeBytes, source.Content.SizeBytes));
        }
    }

    public async Task HoldAsync(SnapshotRef snapshot, string owner, CancellationToken cancellationToken = default)
    {
        Require(EngineCapability.Hold);
        SnapshotName.Require(owner);
        using InMemoryCounters.Counted operation = store.Counters.Operation();
        await store.StepAsync("hold:begin", cancellationToken).ConfigureAwait(false);
        lock (store.Gate)
        {
            StoredSnapshot found = store.RequireSnapshot(snapshot);
            store.Put(found with { Holds = found.Holds.Add(owner) });
        }
    }

    public async Task ReleaseAsync(SnapshotRef snapshot, string owner, CancellationToken cancellationToken = default)
    {
        Require(EngineCapability.Hold);
        using InMemoryCounters.Counted operation = store.Counters.Operation();
        await store.StepAsync("release:begin", cancellationToken).ConfigureAwait(false);
        lock (store.Gate)
        {
            if (store.FindSnapshot(snapshot.Volume.Id, snapshot.Id) is { } found)
            {
                store.Put(found with { Holds = found.Holds.Remove(owner) });
            }
        }
    }

    internal static void RequireNoHolds(StoredSnapshot snapshot, object subject)
    {
        if (!snapshot.Holds.IsEmpty)
        {
            throw new SnapshotInUseException(
                EngineReason.HeldByOther, $"Snapshot '{subject}' is held by {string.Join(", ", snapshot.Holds)}; release the holds first.", [.. snapshot.Holds])
            { Engine = InMemoryStorageEngine.Scheme };
        }
    }

    /// <summary>The snapshots between the volume's head and the one to roll back to; safety snapshots of earlier roll backs stand on another branch.</summary>
    private List<StoredSnapshot> RequireMayGo(VolumeState volume, StoredSnapshot source, RollbackOptions options)
    {
        List<StoredSnapshot> newer =
        [
            .. store.SnapshotsOf(volume.Id).Where(other => store.IsAncestorOrSelf(other.Id, volume.HeadId) && !store.IsAncestorOrSelf(other.Id, source.Id)),
        ];
        if (newer.Count > 0 && !options.DestroyNewer)
        {
            throw new SnapshotInUseException(
                EngineReason.NewerSnapshotsExist, $"A roll back of '{volume.Name}' to '{source.Name}' would destroy {newer.Count} newer snapshots; allow that or delete them first.",
                [.. newer.Select(other => other.Id)])
            { Engine = InMemoryStorageEngine.Scheme };
        }

        newer.ForEach(other => RequireNoHolds(other, other.Name));
        return newer;
    }

    private void TakeSafetySnapshot(VolumeState volume, string name)
    {
        SnapshotName.Require(name);
        if (Find(volume, name) is not null)
        {
            throw new StorageEngineException(
                EngineStatus.AlreadyExists, EngineReason.NameTaken, Recovery.FixRequest, $"Volume '{volume.Name}' has a snapshot '{name}' already; choose another name for the safety snapshot.")
            { Engine = InMemoryStorageEngine.Scheme };
        }

        store.Cut(volume, name);
    }

    private StoredSnapshot? Find(VolumeState volume, string name) => store.SnapshotsOf(volume.Id).FirstOrDefault(snapshot => snapshot.Name == name);

    private void Require(EngineCapability capability) => new EngineCapabilities(~store.Options.Disabled, null).Require(capability, "The in-memory engine");
}
