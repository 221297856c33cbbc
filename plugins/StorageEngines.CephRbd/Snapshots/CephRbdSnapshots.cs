using System.Runtime.CompilerServices;
using StorageEngines.CephRbd.Blocks;
using StorageEngines.CephRbd.Hosts;
using StorageEngines.CephRbd.Images;

namespace StorageEngines.CephRbd.Snapshots;

/// <summary>An image's snapshots.</summary>
internal sealed class CephRbdSnapshots(ImageCatalog catalog) : ISnapshots
{
    private readonly SnapshotHolds _holds = new(catalog);
    private readonly ImageRollback _rollback = new(catalog);

    /// <inheritdoc/>
    /// <remarks>True: every image is opened, in whatever order they are asked for.</remarks>
    public bool ListsPerVolume => true;

    private IImageChanges Changes => catalog.Host.Changes;

    /// <inheritdoc/>
    /// <remarks>Implements: rbd_snap_create; <c>rbd snap create</c>, rbd(8). Whoever writes goes on writing: the snapshot is what the cluster had acknowledged, as after a loss of power.</remarks>
    public async Task<SnapshotInfo> CreateAsync(CreateSnapshotRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        SnapshotName.Require(request.Name);
        if (request.MinimumConsistency > Consistency.Crash)
        {
            throw CephRbdErrors.NotSupported(EngineStatus.FailedPrecondition,
                $"Ceph knows nothing of what is within an image: {request.MinimumConsistency} is asked for, and it reaches {Consistency.Crash}; give a hook that brings the file system or the application to rest.");
        }

        string? labels = request.Labels.Count == 0 ? null : ImageNotes.Encode(request.Labels);
        ImageState before;
        await using (IOpenImage open = await catalog.OpenAsync(request.Volume, cancellationToken).ConfigureAwait(false))
        {
            before = open.State;
            if (before.Named(request.Name) is not null)
            {
                return await FinishAsync(before, request.Name, cancellationToken).ConfigureAwait(false);
            }
        }

        RbdImage image = before.Image;

        if (labels is not null)
        {
            await Changes.NoteAsync(image, [(ImageNotes.NewKey(image.Key, request.Name), labels)], cancellationToken).ConfigureAwait(false);
        }

        await CutAsync(image, request.Name, labels is not null, cancellationToken).ConfigureAwait(false);
        return await FinishAsync(before, request.Name, CancellationToken.None).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<SnapshotInfo> GetAsync(SnapshotRef snapshot, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        (IOpenImage open, RbdSnapshot found) = await catalog.OpenAsync(snapshot, cancellationToken).ConfigureAwait(false);
        await using (open.ConfigureAwait(false))
        {
            return catalog.Describe(open.State, found, await open.ReadNotesAsync(cancellationToken).ConfigureAwait(false));
        }
    }

    /// <inheritdoc/>
    /// <remarks>Implements: rbd_snap_list, rbd_metadata_list; <c>rbd snap ls --all</c>, rbd(8).</remarks>
    public async IAsyncEnumerable<SnapshotInfo> ListAsync(VolumeRef? volume, string? namePrefix = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        IAsyncEnumerable<List<SnapshotInfo>> all = volume is null ? catalog.LookAtAllAsync(null, DescribeAsync, cancellationToken) : OneAsync(volume, cancellationToken);
        await foreach (List<SnapshotInfo> some in all.ConfigureAwait(false))
        {
            foreach (SnapshotInfo each in some)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return each;
            }
        }

        async Task<List<SnapshotInfo>> DescribeAsync(IOpenImage open, CancellationToken token)
        {
            List<RbdSnapshot> listed = [.. open.State.Snapshots.Where(each => each.IsVisible && (namePrefix is null || each.Label.StartsWith(namePrefix, StringComparison.Ordinal)))];
            if (listed.Count == 0)
            {
                return [];
            }

            ImageNotes notes = await open.ReadNotesAsync(token).ConfigureAwait(false);
            return [.. listed.Select(each => catalog.Describe(open.State, each, notes))];
        }

        async IAsyncEnumerable<List<SnapshotInfo>> OneAsync(VolumeRef one, [EnumeratorCancellation] CancellationToken token)
        {
            await using IOpenImage open = await catalog.OpenAsync(one, token).ConfigureAwait(false);
            yield return await DescribeAsync(open, token).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="CapabilityNotSupportedException">Only the data is to be deleted, which Ceph cannot.</exception>
    /// <remarks>Implements: rbd_snap_remove; <c>rbd snap rm</c>, rbd(8). If clones of format 2 need it, Ceph keeps it in its trash until the last of them is gone.</remarks>
    public async Task DeleteAsync(SnapshotRef snapshot, DeleteMode mode = DeleteMode.Everything, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        if (mode != DeleteMode.Everything)
        {
            throw new CapabilityNotSupportedException(EngineCapability.DeleteDataOnly, "A snapshot of an image is its data; delete everything, or keep it.") { Engine = CephRbdEngineFactory.SchemeName };
        }

        IOpenImage? open = await catalog.TryOpenAsync(snapshot.Volume, cancellationToken).ConfigureAwait(false);
        if (open is null)
        {
            return;
        }

        await using (open.ConfigureAwait(false))
        {
            if (open.State.Find(snapshot.Id) is { } found)
            {
                await DeleteAsync(open, found, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    /// <remarks>Implements: rbd_clone3; <c>rbd clone</c>, rbd(8). The clone needs the snapshot until it is flattened; of format 2 (clusters that require Mimic clients or later) the snapshot may be deleted meanwhile.</remarks>
    public async Task<VolumeInfo> CloneAsync(SnapshotRef snapshot, BytePath location, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        if (!ImagePath.TryParse(location, out ImagePath? child))
        {
            throw new ArgumentException($"'{location}' names no image; write POOL/IMAGE or POOL/NAMESPACE/IMAGE.", nameof(location));
        }

        (IOpenImage open, RbdSnapshot found) = await catalog.OpenAsync(snapshot, cancellationToken).ConfigureAwait(false);
        await using (open.ConfigureAwait(false))
        {
            RequireUser(open.State, found, "cloned");
            await CloneAsync(open, found, child, cancellationToken).ConfigureAwait(false);
        }

        return (await catalog.ResolveAsync(child.Location, CancellationToken.None).ConfigureAwait(false)).Info;
    }

    /// <inheritdoc/>
    /// <remarks>Implements: rbd_watchers_list, rbd_snap_rollback_with_progress; <c>rbd snap rollback</c>, rbd(8). Every snapshot stays, newer ones too.</remarks>
    public async Task RollbackAsync(SnapshotRef snapshot, RollbackOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(options);
        if (options.SafetySnapshotName is { } safety)
        {
            SnapshotName.Require(safety);
        }

        (IOpenImage open, RbdSnapshot found) = await catalog.OpenAsync(snapshot, cancellationToken).ConfigureAwait(false);
        await using (open.ConfigureAwait(false))
        {
            RequireUser(open.State, found, "rolled back to");
            await _rollback.RequireUnusedAsync(open, cancellationToken).ConfigureAwait(false);
            if (options.SafetySnapshotName is { } name)
            {
                await CreateAsync(new CreateSnapshotRequest(open.State.Image.Ref, name), cancellationToken).ConfigureAwait(false);
            }

            await _rollback.RunAsync(open, found, options.Progress, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    /// <remarks>Implements: rbd_metadata_set, rbd_snap_protect; <c>rbd snap protect</c>, rbd(8). A snapshot that is held is protected, so that nobody can remove it past this engine either.</remarks>
    public Task HoldAsync(SnapshotRef snapshot, string owner, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        SnapshotName.Require(owner);
        return _holds.HoldAsync(snapshot, owner, cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>Implements: rbd_metadata_remove, rbd_snap_unprotect; <c>rbd snap unprotect</c>, rbd(8).</remarks>
    public Task ReleaseAsync(SnapshotRef snapshot, string owner, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return _holds.ReleaseAsync(snapshot, owner, cancellationToken);
    }

    private static void RequireUser(ImageState state, RbdSnapshot snapshot, string what)
    {
        if (snapshot.Space != SnapshotSpace.User)
        {
            throw CephRbdErrors.NotSupported(EngineStatus.FailedPrecondition,
                $"'{state.RefOf(snapshot)}' is a member of a group's snapshot, which Ceph does not let be {what} alone; use 'rbd group snap rollback', or export it.");
        }
    }

    private async Task CutAsync(RbdImage image, string name, bool hasLabels, CancellationToken cancellationToken)
    {
        try
        {
            await Changes.CreateSnapshotAsync(image, name, cancellationToken).ConfigureAwait(false);
        }
        catch (StorageEngineException e) when (e.Reason == EngineReason.NameTaken)
        {
            // Somebody asked for the same at the same time, and got it.
        }
        catch (Exception e) when (hasLabels && e is not StorageEngineException { OutcomeUnknown: true })
        {
            await Changes.NoteAsync(image, [(ImageNotes.NewKey(image.Key, name), null)], CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    // Gives the labels that were noted for the name to the snapshot that has it, and notes what proves that nobody rolled back past it.
    private async Task<SnapshotInfo> FinishAsync(ImageState before, string name, CancellationToken cancellationToken)
    {
        RbdImage image = before.Image;
        await using IOpenImage open = await catalog.OpenAsync(image.Ref, cancellationToken).ConfigureAwait(false);
        RbdSnapshot made = open.State.Named(name) ?? throw CephRbdErrors.MissingSnapshot(new SnapshotRef(image.Ref, name, name));
        ImageNotes notes = await open.ReadNotesAsync(cancellationToken).ConfigureAwait(false);
        SnapshotInfo info = catalog.Describe(open.State, made, notes);
        List<(string, string?)> news = [];
        if (notes.Pending(name) is { } labels)
        {
            news.AddRange([(ImageNotes.LabelsKey(image.Key, made.IdText), labels), (ImageNotes.NewKey(image.Key, name), null)]);
        }

        if (notes.Witnesses(made) is null && await RollbackProof.FindAsync(before, open, made, catalog.Host.CanDiffFromGroups, cancellationToken).ConfigureAwait(false) is { } witnesses)
        {
            news.Add((ImageNotes.WitnessKey(image.Key, made.IdText), witnesses));
        }

        if (news.Count > 0)
        {
            await Changes.NoteAsync(image, news, CancellationToken.None).ConfigureAwait(false);
        }

        return info;
    }

    private async Task DeleteAsync(IOpenImage open, RbdSnapshot snapshot, CancellationToken cancellationToken)
    {
        SnapshotRef about = open.State.RefOf(snapshot);
        ImageNotes notes = await open.ReadNotesAsync(cancellationToken).ConfigureAwait(false);
        if (notes.Holds(snapshot) is { Count: > 0 } holds)
        {
            throw new SnapshotInUseException(EngineReason.HeldByOther, $"The snapshot '{about}' is held by {string.Join(", ", holds)}; release it first.", holds) { Engine = CephRbdEngineFactory.SchemeName };
        }

        if (snapshot.Group is { } group)
        {
            throw new SnapshotInUseException(EngineReason.SnapshotBusy, $"The snapshot '{about}' is a member of the snapshot '{group.Snapshot}' of the group '{group.Group}', and goes with it; delete that.", [group.Group])
            { Engine = CephRbdEngineFactory.SchemeName };
        }

        try
        {
            if (snapshot.IsProtected && notes.WeProtected(snapshot))
            {
                await Changes.ProtectAsync(open.State.Image, snapshot, isProtected: false, cancellationToken).ConfigureAwait(false);
            }

            await Changes.RemoveSnapshotAsync(open.State.Image, snapshot, cancellationToken).ConfigureAwait(false);
        }
        catch (SnapshotInUseException e)
        {
            IReadOnlyList<string> clones = await open.ListChildrenAsync(snapshot, CancellationToken.None).ConfigureAwait(false);
            throw new SnapshotInUseException(
                EngineReason.SnapshotBusy,
                clones.Count > 0 ? $"The snapshot '{about}' has clones that need it: {string.Join(", ", clones)}; flatten or remove them first ('rbd flatten')."
                    : $"The snapshot '{about}' is protected from removal; take that back first ('rbd snap unprotect'). {e.BackendText}".TrimEnd(),
                clones)
            { Engine = CephRbdEngineFactory.SchemeName, BackendCode = e.BackendCode, BackendText = e.BackendText };
        }

        if (notes.KeysOf(snapshot.IdText) is { Count: > 0 } keys)
        {
            await Changes.NoteAsync(open.State.Image, [.. keys.Select(key => (key, (string?)null))], CancellationToken.None).ConfigureAwait(false);
        }
    }

    // Format 1 wants the snapshot to be protected; Ceph says so with 'invalid argument' only.
    private async Task CloneAsync(IOpenImage open, RbdSnapshot snapshot, ImagePath child, CancellationToken cancellationToken)
    {
        RbdImage image = open.State.Image;
        try
        {
            await Changes.CloneAsync(image, snapshot, child, cancellationToken).ConfigureAwait(false);
        }
        catch (StorageEngineException e) when (e.BackendCode == "22" && !snapshot.IsProtected)
        {
            await _holds.ProtectForAsync(open, snapshot, () => Changes.CloneAsync(image, snapshot, child, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
    }
}
