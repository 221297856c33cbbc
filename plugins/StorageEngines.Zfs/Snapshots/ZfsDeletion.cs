using System.Globalization;
using System.Text;
using StorageEngines.RemoteShells;
using StorageEngines.Zfs.Datasets;

namespace StorageEngines.Zfs.Snapshots;

/// <summary>Deletes snapshots, or only their data: then a bookmark stays, from which differences are still computed.</summary>
/// <param name="catalog">Finds snapshots.</param>
internal sealed class ZfsDeletion(SnapshotCatalog catalog)
{
    private const string Operation = "delete snapshot";

    /// <summary>Deletes a snapshot; see <see cref="ISnapshots.DeleteAsync"/>.</summary>
    internal async Task DeleteAsync(SnapshotRef snapshot, DeleteMode mode, CancellationToken cancellationToken)
    {
        if (SnapshotCatalog.GuidOf(snapshot) is not { } guid)
        {
            return;
        }

        string? mark = null;
        if (mode == DeleteMode.DataOnly)
        {
            // What the bookmark is called tells its size, so that the snapshot is looked at first.
            SnapshotTable table = await catalog.TableAsync(snapshot.Volume, cancellationToken).ConfigureAwait(false);
            if (table.Find(guid) is not { } found)
            {
                return;
            }

            mark = ZfsBookmark.NameFor(found);
        }

        (string name, ShellReply reply) = await TryDeleteAsync(snapshot, guid, mark, cancellationToken).ConfigureAwait(false);
        if (reply.Exit != 0)
        {
            throw Refused(snapshot, name, reply);
        }
    }

    private async Task<(string Name, ShellReply Reply)> TryDeleteAsync(SnapshotRef snapshot, ulong guid, string? mark, CancellationToken cancellationToken)
    {
        try
        {
            return await catalog.Datasets.TryChangeAsync(Operation, snapshot.Volume, script => mark is null ? Everything(script, snapshot, guid) : DataOnly(script, snapshot, guid, mark), cancellationToken)
                .ConfigureAwait(false);
        }
        catch (VolumeNotFoundException e) when (mark is null && e.Reason == EngineReason.VolumeMissing)
        {
            return ("", new ShellReply(0, [], "")); // Its snapshots went with it.
        }
    }

    private static Script Everything(Script script, SnapshotRef snapshot, ulong guid)
    {
        string id = guid.ToString(CultureInfo.InvariantCulture);
        return script.Text("at").Word(id).Word(Label(snapshot)).Text(" || s=\nb=$(marks").Word(id).Text(")\n[ -z \"$s\" ] || zfs destroy \"$s\" || { e=$?; printf '\\0'; why \"$s\"; exit $e; }\n")
            .Text("set -f; IFS=$nl; for m in $b; do zfs destroy \"$m\" || exit 1; done");
    }

    // A bookmark that was made for nothing is removed again.
    private static Script DataOnly(Script script, SnapshotRef snapshot, ulong guid, string mark)
    {
        string id = guid.ToString(CultureInfo.InvariantCulture);
        return script.Text("at").Word(id).Word(Label(snapshot)).Text(" || exit 0\nb=$(marks").Word(id).Text("); m=\n[ -n \"$b\" ] || { m=$n'#'").Append(Encoding.ASCII.GetBytes(mark))
            .Text("; zfs bookmark \"$s\" \"$m\" || exit 1; }\nzfs destroy \"$s\" || { e=$?; [ -z \"$m\" ] || zfs destroy \"$m\"; printf '\\0'; why \"$s\"; exit $e; }");
    }

    private static string Label(SnapshotRef snapshot) => snapshot.Name is { } name && DatasetName.IsValidPart(name) ? name : "-";

    // What is in the way is asked for in the same script, because the program names not all of it.
    private StorageEngineException Refused(SnapshotRef snapshot, string name, ShellReply reply)
    {
        string subject = $"{name}@{snapshot.Name ?? snapshot.Id}";
        StorageEngineException error = catalog.Datasets.Host.Failed(Operation, subject, reply);
        string[] parts = Encoding.UTF8.GetString(reply.Output).Split('\0');
        if (parts.Length < 3 || error is not SnapshotInUseException)
        {
            return error;
        }

        List<string> owners = [.. parts[1].Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t')).Where(cells => cells.Length == 3).Select(cells => SnapshotListing.Owner(cells[1]))];
        List<string> clones = [.. parts[2].Trim().Split(',', StringSplitOptions.RemoveEmptyEntries).Where(each => each != "-")];
        return (owners, clones) switch
        {
            ({ Count: > 0 }, _) => new SnapshotInUseException(EngineReason.HeldByOther, $"The snapshot '{subject}' is held by {string.Join(", ", owners)}; release it first.", owners)
            { Engine = ZfsEngineFactory.SchemeName, Operation = Operation, BackendText = error.BackendText },
            (_, { Count: > 0 }) => new SnapshotInUseException(EngineReason.SnapshotBusy, $"The snapshot '{subject}' has the clones {string.Join(", ", clones)}; destroy them, or promote one of them, first.", clones)
            { Engine = ZfsEngineFactory.SchemeName, Operation = Operation, BackendText = error.BackendText },
            _ => error,
        };
    }
}
