using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using StorageEngines.LvmThin.Hosts;
using StorageEngines.LvmThin.Volumes;
using StorageEngines.RemoteShells;

namespace StorageEngines.LvmThin.Snapshots;

/// <summary>Read-only thin snapshots, which share their blocks with the volume and with each other, and none of which needs another.</summary>
internal sealed class LvmSnapshots(LvmHost host, VolumeCatalog catalog) : ISnapshots
{
    private readonly LvmRollback _rollback = new(host, catalog);

    /// <inheritdoc/>
    /// <remarks>Implements: lvcreate(8) with <c>--snapshot --permission r --setactivationskip y</c>. LVM brings a file system that is mounted from the volume to rest while it cuts.</remarks>
    public async Task<SnapshotInfo> CreateAsync(CreateSnapshotRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        SnapshotName.Require(request.Name);
        if (request.MinimumConsistency > Consistency.FileSystem)
        {
            throw LvmErrors.NotSupported(EngineStatus.FailedPrecondition, $"LVM brings a mounted file system to rest, and no application: {request.MinimumConsistency} is asked for; give a hook that brings it to rest.");
        }

        (Inventory inventory, ThinVolume volume) = await catalog.RequireAsync(request.Volume, cancellationToken).ConfigureAwait(false);
        if (Named(inventory, volume, request.Name) is { } there)
        {
            return there.Info;
        }

        List<string> tags = SnapshotTags.Of(volume.Id, request.Name, request.Labels);
        await _rollback.MendAsync(inventory, volume, cancellationToken).ConfigureAwait(false);
        return (await CreateAsync(volume, request.Name, tags, request.MinimumConsistency, cancellationToken).ConfigureAwait(false)).Info;
    }

    /// <inheritdoc/>
    public async Task<SnapshotInfo> GetAsync(SnapshotRef snapshot, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return (await catalog.RequireAsync(snapshot, cancellationToken).ConfigureAwait(false)).Snapshot.Info;
    }

    /// <inheritdoc/>
    /// <remarks>Implements: lvs(8).</remarks>
    public async IAsyncEnumerable<SnapshotInfo> ListAsync(VolumeRef? volume, string? namePrefix = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        IEnumerable<ThinSnapshot> found = volume is null
            ? (await catalog.ReadAsync(null, cancellationToken).ConfigureAwait(false)).Snapshots : await OfAsync(volume, cancellationToken).ConfigureAwait(false);
        foreach (ThinSnapshot each in found)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (namePrefix is null || each.Name.StartsWith(namePrefix, StringComparison.Ordinal))
            {
                yield return each.Info;
            }
        }
    }

    /// <inheritdoc/>
    /// <exception cref="CapabilityNotSupportedException">Only the data is to be deleted, which LVM cannot.</exception>
    /// <remarks>Implements: lvremove(8). LVM itself knows no holds: who uses it past this engine can remove what is held.</remarks>
    public async Task DeleteAsync(SnapshotRef snapshot, DeleteMode mode = DeleteMode.Everything, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        if (mode != DeleteMode.Everything)
        {
            throw new CapabilityNotSupportedException(EngineCapability.DeleteDataOnly, "A thin snapshot is its data; delete everything, or keep it.") { Engine = LvmThinEngineFactory.SchemeName };
        }

        if (await catalog.FindAsync(snapshot, cancellationToken).ConfigureAwait(false) is not { Snapshot: { } found })
        {
            return;
        }

        if (found.Holds is { Count: > 0 } holds)
        {
            throw new SnapshotInUseException(EngineReason.HeldByOther, $"The snapshot '{snapshot}' is held by {string.Join(", ", holds)}; release it first.", holds) { Engine = LvmThinEngineFactory.SchemeName };
        }

        await ChangeAsync("delete snapshot", snapshot.ToString(), new Script().Text("apart remove").Words(found.Lv.Group, found.Lv.Uuid), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <remarks>Implements: lvcreate(8) with <c>--snapshot</c> of the snapshot. The clone is in the same pool, and needs neither snapshot nor volume.</remarks>
    public async Task<VolumeInfo> CloneAsync(SnapshotRef snapshot, BytePath location, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        if (!LvmPath.TryParse(location, out string? group, out string? name))
        {
            throw new ArgumentException($"'{location}' names no logical volume; write vg/lv or /dev/vg/lv.", nameof(location));
        }

        ThinSnapshot found = (await catalog.RequireAsync(snapshot, cancellationToken).ConfigureAwait(false)).Snapshot;
        if (found.Lv.Group != group)
        {
            throw LvmErrors.NotSupported(EngineStatus.InvalidArgument, $"A clone shares its blocks with the snapshot and has to be in its volume group '{found.Lv.Group}'; '{location}' is in another one.");
        }

        Script script = new Script().Text("apart clone").Words(group, found.Lv.Name, name);
        ShellReply reply = await host.ChangeAsync("clone snapshot", script, cancellationToken).ConfigureAwait(false);
        if (reply.Exit != 0)
        {
            throw Taken(host.Failed("clone snapshot", snapshot.ToString(), reply), $"There is a logical volume '{group}/{name}' already; choose another name.");
        }

        LogicalVolume made = LvsReport.Parse(reply.Output).Single();
        await VerifyAsync(made, found.Lv.Uuid, () => VolumeCatalog.Missing(snapshot)).ConfigureAwait(false);
        return new ThinVolume(made, made.Uuid, found.Pool, false).Info;
    }

    /// <inheritdoc/>
    /// <remarks>Implements: lvchange(8), lvcreate(8), lvrename(8), lvremove(8). Every snapshot stays, the one that is rolled back to among them, and newer ones too.</remarks>
    public async Task RollbackAsync(SnapshotRef snapshot, RollbackOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(options);
        if (options.SafetySnapshotName is { } safety)
        {
            SnapshotName.Require(safety);
        }

        (Inventory inventory, ThinSnapshot target) = await catalog.RequireAsync(snapshot, cancellationToken).ConfigureAwait(false);
        ThinVolume volume = inventory.FindVolume(snapshot.Volume.Id) ?? (await catalog.RequireAsync(snapshot.Volume, cancellationToken).ConfigureAwait(false)).Volume;
        if (volume.Lv.PoolUuid != target.Lv.PoolUuid)
        {
            throw LvmErrors.NotSupported(EngineStatus.FailedPrecondition, $"'{volume.Lv.FullName}' is in another pool than its snapshot '{target.Name}'; clone the snapshot instead.");
        }

        await _rollback.RunAsync(inventory, volume, target, () => SafetyAsync(inventory, volume, options.SafetySnapshotName, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <remarks>Implements: lvchange(8) with <c>--addtag</c>. Holds are kept as tags and are observed by this engine; LVM does not know them.</remarks>
    public Task HoldAsync(SnapshotRef snapshot, string owner, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        SnapshotName.Require(owner);
        return TagAsync("hold snapshot", snapshot, "--addtag", owner, cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>Implements: lvchange(8) with <c>--deltag</c>.</remarks>
    public async Task ReleaseAsync(SnapshotRef snapshot, string owner, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        try
        {
            await TagAsync("release snapshot", snapshot, "--deltag", owner, cancellationToken).ConfigureAwait(false);
        }
        catch (SnapshotNotFoundException)
        {
            // What is not there is held by nobody.
        }
    }

    private static ThinSnapshot? Named(Inventory inventory, ThinVolume volume, string name)
        => inventory.Snapshots.FirstOrDefault(each => each.Volume.Id == volume.Id && each.Name == name);

    // LVM's rule for names is narrower, and shorter; the same volume and name give the same, so that of two at once one is told that it is there.
    private static string NameOf(string volumeId, string name) => $"seng-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{volumeId}\n{name}")))[..20]}";

    private static StorageEngineException Taken(StorageEngineException error, string message) => error.Reason == EngineReason.NameTaken ? LvmErrors.NameTaken(message) : error;

    private async Task<IEnumerable<ThinSnapshot>> OfAsync(VolumeRef volume, CancellationToken cancellationToken)
    {
        Inventory inventory;
        try
        {
            inventory = (await catalog.RequireAsync(volume, cancellationToken).ConfigureAwait(false)).Inventory;
        }
        catch (VolumeNotFoundException)
        {
            // Thin snapshots outlive their volume.
            inventory = await catalog.ReadAsync(null, cancellationToken).ConfigureAwait(false);
            if (!inventory.Snapshots.Any(each => each.Volume.Id == volume.Id))
            {
                throw;
            }
        }

        return inventory.Snapshots.Where(each => each.Volume.Id == volume.Id);
    }

    private async Task<ThinSnapshot> CreateAsync(ThinVolume volume, string name, List<string> tags, Consistency least, CancellationToken cancellationToken)
    {
        string made = NameOf(volume.Id, name);
        Script script = new Script().Text("apart create")
            .Words(volume.Lv.Group, volume.Name, made, LvmPath.Device(volume.Lv.Group, volume.Name), least == Consistency.FileSystem ? "1" : "0");
        foreach (string tag in tags)
        {
            script.Words("--addtag", tag);
        }

        ShellReply reply = await host.ChangeAsync("create snapshot", script, cancellationToken).ConfigureAwait(false);
        if (reply.Exit == 0)
        {
            LogicalVolume lv = LvsReport.Parse(reply.Output).Single();
            await VerifyAsync(lv, volume.Lv.Uuid, () => new VolumeNotFoundException(volume.Ref.ToString(), EngineReason.VolumeReplaced) { Engine = LvmThinEngineFactory.SchemeName }).ConfigureAwait(false);
            return new ThinSnapshot(lv, volume.Ref, volume.Pool, IsOurs: true);
        }

        if (reply.Exit == ShellFunctions.NotMounted)
        {
            throw LvmErrors.NotSupported(EngineStatus.FailedPrecondition, $"'{volume.Ref}' is not mounted on {host.Runner.Host}, so that no file system is brought to rest, which is asked for; mount it there, or take Crash.");
        }

        StorageEngineException error = host.Failed("create snapshot", volume.Ref.ToString(), reply);
        if (error.Reason == EngineReason.NameTaken
            && Named((await catalog.RequireAsync(volume.Ref, CancellationToken.None).ConfigureAwait(false)).Inventory, volume, name) is { } other)
        {
            return other; // Somebody else made it at the same time.
        }

        throw Taken(error, $"There is a logical volume '{volume.Lv.Group}/{made}', which is no snapshot of this name; rename it.");
    }

    // LVM takes names, and a name may have come to another volume since it was looked up.
    private async Task VerifyAsync(LogicalVolume made, string originUuid, Func<StorageEngineException> error)
    {
        if (made.OriginUuid != originUuid)
        {
            await ChangeAsync("remove", made.FullName, new Script().Text("apart remove").Words(made.Group, made.Uuid), CancellationToken.None).ConfigureAwait(false);
            throw error();
        }
    }

    private async Task SafetyAsync(Inventory inventory, ThinVolume volume, string? name, CancellationToken cancellationToken)
    {
        if (name is null)
        {
            return;
        }

        if (Named(inventory, volume, name) is not null)
        {
            // Creation would give that one back, and what the volume holds now would be in no snapshot.
            throw LvmErrors.NameTaken($"There is a snapshot '{name}' of '{volume.Ref}' already, which does not hold what is there now; choose another name for the safety snapshot. Nothing was changed.");
        }

        await CreateAsync(volume, name, SnapshotTags.Of(volume.Id, name, new Dictionary<string, string>()), Consistency.Unknown, cancellationToken).ConfigureAwait(false);
    }

    private async Task TagAsync(string operation, SnapshotRef snapshot, string option, string owner, CancellationToken cancellationToken)
    {
        ThinSnapshot found = (await catalog.RequireAsync(snapshot, cancellationToken).ConfigureAwait(false)).Snapshot;
        if (found.Holds.Contains(owner) != (option == "--addtag"))
        {
            Script script = new Script().Text("apart retag").Words(found.Lv.Group, found.Lv.Uuid, option, SnapshotTags.Hold + owner);
            await ChangeAsync(operation, snapshot.ToString(), script, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task ChangeAsync(string operation, string subject, Script script, CancellationToken cancellationToken)
    {
        ShellReply reply = await host.ChangeAsync(operation, script, cancellationToken).ConfigureAwait(false);
        if (reply.Exit != 0)
        {
            throw host.Failed(operation, subject, reply);
        }
    }
}
