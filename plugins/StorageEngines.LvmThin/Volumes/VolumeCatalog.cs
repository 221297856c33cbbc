using StorageEngines.LvmThin.Hosts;
using StorageEngines.LvmThin.Snapshots;
using StorageEngines.RemoteShells;

namespace StorageEngines.LvmThin.Volumes;

/// <summary>Finds volumes and snapshots, with one command: first where the label says, and if it has been renamed since, everywhere. Safe for use by several threads.</summary>
internal sealed class VolumeCatalog(LvmHost host)
{
    /// <summary>All volume groups, or one.</summary>
    internal async Task<Inventory> ReadAsync(string? group, CancellationToken cancellationToken)
    {
        const string Operation = "list volumes";
        string subject = group ?? "all volume groups";
        ShellReply reply = await host.TryAskAsync(Operation, Report(group), cancellationToken).ConfigureAwait(false);
        return reply.Exit == 0 ? Read(reply, subject) : throw host.Failed(Operation, subject, reply);
    }

    /// <summary>A volume.</summary>
    /// <exception cref="VolumeNotFoundException">It is not there, or another one has its name.</exception>
    internal async Task<(Inventory Inventory, ThinVolume Volume)> RequireAsync(VolumeRef volume, CancellationToken cancellationToken)
    {
        Inventory? seen = null;
        await foreach (Inventory inventory in LookAsync(volume, cancellationToken).ConfigureAwait(false))
        {
            seen = inventory;
            if (volume.Engine == LvmThinEngineFactory.SchemeName && inventory.FindVolume(volume.Id) is { } found)
            {
                return (inventory, Supported(found));
            }
        }

        bool replaced = Label(volume) is { } label && seen?.FindVolume(label.Group, label.Name) is not null;
        throw new VolumeNotFoundException(volume.ToString(), replaced ? EngineReason.VolumeReplaced : EngineReason.VolumeMissing) { Engine = LvmThinEngineFactory.SchemeName };
    }

    /// <summary>A snapshot; null if it is not there.</summary>
    internal async Task<(Inventory Inventory, ThinSnapshot Snapshot)?> FindAsync(SnapshotRef snapshot, CancellationToken cancellationToken)
    {
        await foreach (Inventory inventory in LookAsync(snapshot.Volume, cancellationToken).ConfigureAwait(false))
        {
            if (inventory.FindSnapshot(snapshot.Volume.Id, snapshot.Id) is { } found)
            {
                return (inventory, found);
            }
        }

        return null;
    }

    /// <summary>A snapshot.</summary>
    /// <exception cref="SnapshotNotFoundException">It is not there.</exception>
    internal async Task<(Inventory Inventory, ThinSnapshot Snapshot)> RequireAsync(SnapshotRef snapshot, CancellationToken cancellationToken)
        => await FindAsync(snapshot, cancellationToken).ConfigureAwait(false) ?? throw Missing(snapshot);

    /// <summary>The volume at a location.</summary>
    internal async Task<ThinVolume> ResolveAsync(BytePath location, CancellationToken cancellationToken)
    {
        if (!LvmPath.TryParse(location, out string? group, out string? name))
        {
            throw new VolumeNotFoundException(location.ToString()) { Engine = LvmThinEngineFactory.SchemeName };
        }

        ShellReply reply = await host.TryAskAsync("resolve", Report(group), cancellationToken).ConfigureAwait(false);
        if (reply.Exit != 0)
        {
            StorageEngineException error = host.Failed("find volume", location.ToString(), reply);
            throw error.Reason == EngineReason.VolumeMissing ? new VolumeNotFoundException(location.ToString()) { Engine = LvmThinEngineFactory.SchemeName, BackendText = reply.Errors } : error;
        }

        Inventory inventory = Read(reply, location.ToString());
        if (inventory.FindVolume(group, name) is { } found)
        {
            return Supported(found);
        }

        throw inventory.Snapshots.Any(each => each.Lv.Group == group && each.Lv.Name == name)
            ? LvmErrors.NotSupported(EngineStatus.InvalidArgument, $"'{location}' is a snapshot; name the volume that it was taken of, or clone it.")
            : new VolumeNotFoundException(location.ToString()) { Engine = LvmThinEngineFactory.SchemeName };
    }

    /// <summary>The error for a snapshot that is not there.</summary>
    internal static SnapshotNotFoundException Missing(SnapshotRef snapshot)
        => new(snapshot.Name ?? snapshot.Id, snapshot.Volume.ToString()) { Engine = LvmThinEngineFactory.SchemeName };

    // To who is not root, LVM shows nothing, and says so in passing.
    private Inventory Read(ShellReply reply, string subject)
        => reply.Errors.Contains("non-root user", StringComparison.Ordinal) ? throw host.Failed("list volumes", subject, reply) : new Inventory(LvsReport.Parse(reply.Output));

    private static ThinVolume Supported(ThinVolume volume)
        => !volume.HasExternalOrigin ? volume : throw LvmErrors.NotSupported(EngineStatus.FailedPrecondition,
            $"'{volume.Lv.FullName}' has an external origin ('{volume.Lv.Origin}'), whose blocks the pool's metadata does not know; copy it to a volume of its own.");

    private static Script Report(string? group) => group is null ? new Script().Text("report") : new Script().Text("report").Words(group);

    private static (string Group, string Name)? Label(VolumeRef volume)
        => volume.Name?.Split('/') is [var group, var name] && LvmPath.IsName(group) && LvmPath.IsName(name) ? (group, name) : null;

    private async IAsyncEnumerable<Inventory> LookAsync(VolumeRef volume, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (Label(volume) is { } label)
        {
            ShellReply reply = await host.TryAskAsync("list volumes", Report(label.Group), cancellationToken).ConfigureAwait(false);
            if (reply.Exit == 0)
            {
                yield return Read(reply, label.Group);
            }
            else if (host.Failed("list volumes", label.Group, reply) is { Reason: not EngineReason.VolumeMissing } error)
            {
                throw error;
            }
        }

        yield return await ReadAsync(null, cancellationToken).ConfigureAwait(false);
    }
}
