using System.Collections.Concurrent;
using StorageEngines.RemoteShells;
using StorageEngines.RemoteTrees;
using StorageEngines.Zfs.Hosts;
using StorageEngines.Zfs.Snapshots;

namespace StorageEngines.Zfs.Trees;

/// <summary>
/// Gets scripts into the files of snapshots. Where the dataset is mounted that is <c>.zfs/snapshot</c>, which ZFS mounts when it is entered, and unmounts by itself. Where it is not, each script
/// mounts the snapshot for itself alone, in a mount namespace of its own that goes with the script; that needs root. Which snapshot it is, is checked by its guid once, and from then on by the id
/// that its file system has. Safe for use by several threads.
/// </summary>
/// <param name="host">The host.</param>
internal sealed class SnapshotRoots(ZfsHost host)
{
    private const int Gone = 3;
    private const int NotMounted = 4;
    private const int NotAllowed = 5;
    private const int MostKnown = 4096;

    private readonly ConcurrentDictionary<ulong, Entrance> _known = [];

    /// <summary>Opens a snapshot that was asked for.</summary>
    internal Task<TreeRoot> OpenAsync(ZfsSnapshot snapshot, SnapshotRef asked, CancellationToken cancellationToken)
        => OpenAsync(snapshot, asked, () => SnapshotCatalog.Missing(asked), cancellationToken);

    /// <summary>Opens a snapshot.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="asked">How it was asked for, for messages.</param>
    /// <param name="gone">Makes the error for one that is gone.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StorageEngineException">It cannot be entered: its key is not loaded, or it would have to be mounted and the login is not root's.</exception>
    internal async Task<TreeRoot> OpenAsync(ZfsSnapshot snapshot, SnapshotRef asked, Func<StorageEngineException> gone, CancellationToken cancellationToken)
    {
        if (!snapshot.Of.IsKeyLoaded)
        {
            throw Unreadable(snapshot, "its data is encrypted and the key is not loaded; load it with 'zfs load-key'");
        }

        if (!_known.TryGetValue(snapshot.Guid, out Entrance? entrance) || entrance.Name != snapshot.FullName || entrance.Path != PathOf(snapshot))
        {
            entrance = await FindAsync(snapshot, gone, cancellationToken).ConfigureAwait(false);
            if (_known.Count > MostKnown)
            {
                _known.Clear();
            }

            _known[snapshot.Guid] = entrance;
        }

        return new TreeRoot(host.Shell, asked, script => Enter(entrance, script), gone);
    }

    /// <summary>Opens a snapshot that was opened before, without looking for it again: each script finds out whether it still is there.</summary>
    /// <param name="asked">How it was asked for.</param>
    /// <returns>The root, whose scripts throw <see cref="SnapshotNotFoundException"/> also if the snapshot is in another place by now; null if it was not opened before.</returns>
    internal TreeRoot? TryReopen(SnapshotRef asked)
        => SnapshotCatalog.GuidOf(asked) is { } guid && _known.TryGetValue(guid, out Entrance? entrance)
            ? new TreeRoot(host.Shell, asked, script => Enter(entrance, script), () => SnapshotCatalog.Missing(asked)) : null;

    private async Task<Entrance> FindAsync(ZfsSnapshot snapshot, Func<StorageEngineException> gone, CancellationToken cancellationToken)
    {
        if (PathOf(snapshot) is { } path)
        {
            var mounted = new Entrance(snapshot.FullName, path, null);
            if (await TryAsync(mounted, snapshot, gone, cancellationToken).ConfigureAwait(false) is { } found)
            {
                return found;
            }
        }

        return await TryAsync(new Entrance(snapshot.FullName, null, null), snapshot, gone, cancellationToken).ConfigureAwait(false)
            ?? throw Unreadable(snapshot, "it could not be mounted");
    }

    private async Task<Entrance?> TryAsync(Entrance entrance, ZfsSnapshot snapshot, Func<StorageEngineException> gone, CancellationToken cancellationToken)
    {
        // The id is read on both sides of the check, so that it is the one of what was checked.
        Script check = new Script().Text("i=$(stat -f -c %i .); [ \"$(df --output=source . | tail -n 1)\" =").Word(snapshot.FullName).Text($" ] || exit {NotMounted}\n[ \"$(zfs get -Hp -o value guid")
            .Word(snapshot.FullName).Text(" 2>/dev/null)\" =").Word(snapshot.Id).Text($" ] && [ \"$(stat -f -c %i .)\" = \"$i\" ] || exit {Gone}\nprintf %s \"$i\"");
        ShellReply reply = await host.TryAskAsync(Enter(entrance, check), cancellationToken).ConfigureAwait(false);
        return reply.Exit switch
        {
            0 => entrance with { FileSystem = System.Text.Encoding.ASCII.GetString(reply.Output) },
            Gone => throw gone(),
            NotMounted when entrance.Path is not null => null,
            NotAllowed => throw Unreadable(snapshot, "its dataset is not mounted, and only root may mount a snapshot to look into it: mount the dataset with 'zfs mount', or log in as root"),
            _ => throw host.Failed("look into", snapshot.FullName, reply),
        };
    }

    private static BytePath? PathOf(ZfsSnapshot snapshot)
        => snapshot.Of is { IsMounted: true, MountPoint: { } place } ? place.Append(BytePath.FromString($".zfs/snapshot/{snapshot.Name}")) : null;

    private static Script Enter(Entrance entrance, Script script)
    {
        if (entrance.Path is { } path)
        {
            Script inside = new Script().Text("cd -P --").Word(path).Text($" 2>/dev/null || exit {(entrance.FileSystem is null ? NotMounted : Gone)}\n");
            return Check(inside, entrance).Then(script);
        }

        // The namespace is private, so that nobody else sees what is mounted over the directory, and nothing is left of it.
        Script alone = new Script().Text($"export PATH=$PATH:{ZfsShellFunctions.ProgramDirectories}; d=/mnt; [ -d $d ] || d=/tmp; mount -i -n -t zfs -o ro,nosuid,nodev").Word(entrance.Name)
            .Text($" $d || exit {(entrance.FileSystem is null ? 1 : Gone)}\ncd $d || exit 1\n");
        return new Script().Text($"[ \"$(id -u)\" = 0 ] || exit {NotAllowed}; unshare --mount --propagation private sh -c").Word(Check(alone, entrance).Then(script).Bytes).End();
    }

    private static Script Check(Script script, Entrance entrance)
        => entrance.FileSystem is { } id ? script.Text("[ \"$(stat -f -c %i .)\" =").Word(id).Text($" ] || exit {Gone}\n") : script;

    private StorageEngineException Unreadable(ZfsSnapshot snapshot, string why)
        => new(EngineStatus.FailedPrecondition, EngineReason.None, Recovery.OperatorAction, $"The files of '{snapshot.FullName}' on {host.Runner.Host} cannot be read: {why}.")
        { Engine = ZfsEngineFactory.SchemeName };

    private sealed record Entrance(string Name, BytePath? Path, string? FileSystem);
}
