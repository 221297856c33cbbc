using System.Globalization;
using System.Text;
using StorageEngines.RemoteShells;
using StorageEngines.Zfs.Hosts;

namespace StorageEngines.Zfs.Snapshots;

/// <summary>
/// Puts a volume back. ZFS destroys every snapshot and bookmark that is newer, and rolls back under whoever uses the volume; so both are looked at first. What is destroyed is exactly what was
/// seen: snapshots in one step, all or none of them.
/// </summary>
/// <param name="catalog">Finds snapshots.</param>
internal sealed class ZfsRollback(SnapshotCatalog catalog)
{
    private const string Operation = "roll back";
    private const int MostNamed = 20;

    /// <summary>Rolls back; see <see cref="ISnapshots.RollbackAsync"/>.</summary>
    internal async Task RunAsync(SnapshotRef snapshot, RollbackOptions options, CancellationToken cancellationToken)
    {
        ulong guid = SnapshotCatalog.GuidOf(snapshot) ?? throw SnapshotCatalog.Missing(snapshot);
        byte[] answer = await catalog.Datasets.AskAsync(Operation, snapshot.Volume, static script => script.Text("full \"$n\""), cancellationToken).ConfigureAwait(false);
        SnapshotListing listing = SnapshotListing.Parse(answer);
        ZfsSnapshot target = listing.Table.Find(guid) ?? throw await catalog.WhereAsync(snapshot, guid, listing.Table.Of, cancellationToken).ConfigureAwait(false);
        if (options.SafetySnapshotName is { } safety)
        {
            throw new SnapshotInUseException(EngineReason.NewerSnapshotsExist,
                $"'{target.Of.Name}' cannot be rolled back with a safety snapshot '{SnapshotName.Require(safety)}': ZFS destroys every newer snapshot, and it would be one. "
                + $"Clone {target.FullName} and use the clone (promote it to keep it), or roll back without a safety snapshot. Nothing was changed.", [])
            { Engine = ZfsEngineFactory.SchemeName, Operation = Operation };
        }

        ZfsSnapshot[] newer = [.. listing.Table.Snapshots.Where(each => each.CreateTxg > target.CreateTxg)];
        ZfsBookmark[] marks = [.. listing.Table.Bookmarks.Where(each => each.CreateTxg > target.CreateTxg)];
        Refuse(target, newer, marks, listing, options.DestroyNewer);
        string[] doomed = [.. newer.Select(each => each.FullName), .. marks.Select(each => each.FullName)];
        if (doomed.Length > 0)
        {
            options.Progress?.Report(new OperationProgress("destroys " + Names(doomed), 0, null));
        }

        cancellationToken.ThrowIfCancellationRequested();
        (string name, ShellReply reply) = await catalog.Datasets.TryChangeAsync(Operation, snapshot.Volume, script => Script(script, target, newer, marks), cancellationToken).ConfigureAwait(false);
        Check(snapshot, name, reply);
        if (Encoding.UTF8.GetString(reply.Output).EndsWith("\nunseen\n", StringComparison.Ordinal))
        {
            options.Progress?.Report(new OperationProgress("warning: the login is not root, and could not see whether other users' processes had something open in it", 0, null));
        }
    }

    private static void Refuse(ZfsSnapshot target, ZfsSnapshot[] newer, ZfsBookmark[] marks, SnapshotListing listing, bool mayDestroy)
    {
        if (!mayDestroy && newer.Length + marks.Length > 0)
        {
            throw InUse(EngineReason.NewerSnapshotsExist,
                $"Newer snapshots or bookmarks than {target.FullName} would be destroyed: {Names([.. newer.Select(each => each.FullName), .. marks.Select(each => each.FullName)])}. "
                + "Say that they may be, or clone the snapshot instead. Nothing was changed.", [.. newer.Select(each => each.Id), .. marks.Select(each => each.Id)]);
        }

        if (newer.FirstOrDefault(each => each.Holds > 0) is { } held)
        {
            IReadOnlyList<string> owners = listing.Holds.TryGetValue(held.FullName, out List<string>? tags) ? tags : [];
            throw InUse(EngineReason.HeldByOther, $"{held.FullName} would be destroyed by a roll back to {target.FullName}, and is held by {string.Join(", ", owners)}; release it first. Nothing was changed.", owners);
        }

        if (newer.FirstOrDefault(each => each.Clones.Count > 0) is { } cloned)
        {
            throw InUse(EngineReason.SnapshotBusy,
                $"{cloned.FullName} would be destroyed by a roll back to {target.FullName}, and has the clones {Names(cloned.Clones)}; destroy them, or promote one of them, first. Nothing was changed.", cloned.Clones);
        }
    }

    private static Script Script(Script script, ZfsSnapshot target, ZfsSnapshot[] newer, ZfsBookmark[] marks)
    {
        string ids = string.Concat(newer.Select(each => each.Id).Concat(marks.Select(each => each.Id)).Order(StringComparer.Ordinal).Select(id => id + " "));
        script.Text("s=$n@").Append(Encoding.UTF8.GetBytes(target.Name)).Text("\nsame \"$s\"").Word(target.Id).Text($" || exit {ZfsShellFunctions.Gone}\n")
            .Text("[ \"$(newer").Text(string.Create(CultureInfo.InvariantCulture, $" {target.CreateTxg})\" =")).Word(ids).Text($" ] || exit {ZfsShellFunctions.NewerChanged}\n")
            .Text($"u=$(using \"$n\" {(target.Of.Kind == VolumeKind.Block ? "volume" : "filesystem")}); [ -z \"$u\" ] || {{ printf '%s\\n' \"$u\"; exit {ZfsShellFunctions.InUse}; }}\n");
        if (newer.Length > 0)
        {
            // A range from the first newer one to the last: those are all, which was just looked at.
            script.Text("zfs destroy \"$n\"@").Append(Encoding.UTF8.GetBytes(newer[0].Name + (newer.Length > 1 ? "%" + newer[^1].Name : ""))).Text(" || exit 1\n");
        }

        foreach (ZfsBookmark mark in marks)
        {
            script.Text("zfs destroy \"$n\"'#'").Append(Encoding.UTF8.GetBytes(mark.Name)).Text(" || exit 1\n");
        }

        return script.Text("zfs rollback \"$s\" || exit 1\n[ \"$(id -u)\" = 0 ] || printf '\\nunseen\\n'");
    }

    private void Check(SnapshotRef snapshot, string name, ShellReply reply)
    {
        if (reply.Exit == 0)
        {
            return;
        }

        string[] Users() => [.. Encoding.UTF8.GetString(reply.Output).Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1)];
        throw reply.Exit switch
        {
            ZfsShellFunctions.Gone => SnapshotCatalog.Missing(snapshot),
            ZfsShellFunctions.NewerChanged => new StorageEngineException(EngineStatus.Aborted, EngineReason.None, Recovery.Retry,
                $"Snapshots or bookmarks of '{name}' came or went at the same time; nothing was changed. Try again.") { Engine = ZfsEngineFactory.SchemeName, Operation = Operation },
            ZfsShellFunctions.InUse => InUse(EngineReason.SnapshotBusy, $"'{name}' is in use, and ZFS would roll it back under its users: {string.Join("; ", Users())}. End that first. Nothing was changed.", Users()),
            _ => catalog.Datasets.Host.Failed(Operation, name, reply),
        };
    }

    private static SnapshotInUseException InUse(EngineReason reason, string message, IReadOnlyList<string> blockers)
        => new(reason, message, blockers) { Engine = ZfsEngineFactory.SchemeName, Operation = Operation };

    private static string Names(IReadOnlyList<string> names)
        => string.Join(", ", names.Take(MostNamed)) + (names.Count > MostNamed ? string.Create(CultureInfo.InvariantCulture, $" and {names.Count - MostNamed} more") : "");
}
