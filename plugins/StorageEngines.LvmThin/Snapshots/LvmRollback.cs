using StorageEngines.LvmThin.Hosts;
using StorageEngines.LvmThin.Volumes;
using StorageEngines.RemoteShells;

namespace StorageEngines.LvmThin.Snapshots;

/// <summary>
/// Puts a volume back: a writable snapshot of the snapshot takes its name, and the old one is removed. <c>lvconvert --merge</c> would use the snapshot up, cannot merge one that was taken before
/// an earlier roll back, and of a mounted volume it is put off to some later day.
/// </summary>
/// <remarks>
/// LVM's id of the volume is another one afterwards; the id here stays, for the new volume has it as a tag. The volume is switched off first, which LVM refuses if anybody has it open, so that nobody
/// can come to use it meanwhile. Killed between the two renames, the next one who changes or resolves the volume finishes it.
/// </remarks>
internal sealed class LvmRollback(LvmHost host, VolumeCatalog catalog)
{
    private const string Operation = "roll back";

    /// <summary>Does it. Once it has begun, it runs to its end.</summary>
    /// <param name="inventory">What there is.</param>
    /// <param name="volume">The volume.</param>
    /// <param name="target">The snapshot.</param>
    /// <param name="safety">Keeps the present state.</param>
    /// <param name="cancellationToken">Gives up before the first change.</param>
    internal async Task RunAsync(Inventory inventory, ThinVolume volume, ThinSnapshot target, Func<Task> safety, CancellationToken cancellationToken)
    {
        await MendAsync(inventory, volume, cancellationToken).ConfigureAwait(false);
        if (volume.Lv.Attributes.Length > 5 && volume.Lv.Attributes[5] == 'o')
        {
            throw new SnapshotInUseException(
                EngineReason.SnapshotBusy, $"'{volume.Ref}' is mounted, or a program has it open; unmount it, or end the program, and roll back then. Nothing was changed.", [volume.Ref.ToString()])
            { Engine = LvmThinEngineFactory.SchemeName, Operation = Operation };
        }

        await safety().ConfigureAwait(false);
        ShellReply reply = await host.ChangeAsync(Operation, Words(inventory, volume, target), cancellationToken).ConfigureAwait(false);
        switch (reply.Exit)
        {
            case 0:
                return;
            case ShellFunctions.Replaced:
                throw await catalog.FindAsync(target.Ref, CancellationToken.None).ConfigureAwait(false) is null
                    ? VolumeCatalog.Missing(target.Ref) : new VolumeNotFoundException(volume.Ref.ToString(), EngineReason.VolumeReplaced) { Engine = LvmThinEngineFactory.SchemeName };
            default:
                throw host.Failed(Operation, volume.Ref.ToString(), reply);
        }
    }

    /// <summary>Finishes or undoes what a roll back left that was killed. Waits for one that runs.</summary>
    internal async Task MendAsync(Inventory inventory, ThinVolume volume, CancellationToken cancellationToken)
    {
        if (!inventory.Unfinished.Contains((volume.Lv.Group, volume.Name)))
        {
            return;
        }

        ShellReply reply = await host.ChangeAsync("finish roll back", new Script().Text("apart mend").Words(volume.Lv.Group, volume.Name), cancellationToken).ConfigureAwait(false);
        if (reply.Exit != 0)
        {
            throw host.Failed("finish roll back", volume.Ref.ToString(), reply);
        }

        throw new StorageEngineException(EngineStatus.Aborted, EngineReason.None, Recovery.Retry, $"A roll back of '{volume.Ref}' had been broken off, and was finished now; try again.") { Engine = LvmThinEngineFactory.SchemeName };
    }

    private static Script Words(Inventory inventory, ThinVolume volume, ThinSnapshot target)
    {
        // LVM forgets what they were made from when the old volume goes.
        IEnumerable<string> foreign = inventory.Snapshots.Where(each => each.Volume.Id == volume.Id && SnapshotTags.Find(each.Lv.Tags, SnapshotTags.Snapshot) is null)
            .Select(each => $"{each.Lv.Name}={volume.Id}");
        Script script = new Script().Text("apart rollback").Words(
            volume.Lv.Group, volume.Lv.Name, volume.Lv.Uuid, target.Lv.Name, target.Lv.Uuid, volume.Lv.SkipsActivation ? "y" : "n", volume.Lv.IsActive ? "1" : "0", string.Join(' ', foreign));
        script.Words(volume.Lv.IsWritable ? "-prw" : "-pr", "--addtag", SnapshotTags.Id + volume.Id);
        foreach (string tag in volume.Lv.Tags.Where(tag => !tag.StartsWith(SnapshotTags.Id, StringComparison.Ordinal)))
        {
            script.Words("--addtag", tag);
        }

        return script;
    }
}
