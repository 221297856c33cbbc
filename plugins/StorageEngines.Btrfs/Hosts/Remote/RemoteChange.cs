using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.Btrfs.Streams;
using StorageEngines.Btrfs.Volumes;
using StorageEngines.Posix;
using StorageEngines.RemoteShells;

namespace StorageEngines.Btrfs.Hosts.Remote;

/// <summary>Changes on another host. The session that carries them out holds the locks, so that they end with the connection. Each step is one script.</summary>
/// <param name="host">The host.</param>
/// <param name="session">The session; it becomes the change's.</param>
/// <param name="directories">The snapshot directories.</param>
/// <param name="errors">Finds out why something failed.</param>
internal sealed class RemoteChange(RemoteBtrfsHost host, ShellSession session, IReadOnlyList<BytePath> directories, RemoteErrors errors) : IBtrfsChange
{
    private const string Snapshot = "btrfs subvolume snapshot";

    /// <summary>The name of the file that is locked.</summary>
    internal static readonly byte[] LockName = ".lock"u8.ToArray();

    private static readonly byte[] Half = [.. SnapshotStore.Unfinished, .. SnapshotCatalog.DataName];

    /// <inheritdoc/>
    public IReadOnlyList<BytePath> Directories => directories;

    /// <inheritdoc/>
    public void Sweep()
    {
        var script = new Script();
        foreach (BytePath directory in directories)
        {
            // A name that begins with a dot is of something unfinished, or of another's.
            script.Text("unfinished").Word(directory).Text(" || exit 1; for h in").Word(directory)
                .Text("/*/; do h=${h%/}; [ -d \"$h\" ] && [ ! -L \"$h\" ] || continue; unfinished \"$h\" || exit 1; [ -e \"$h/data\" ] || unhome \"$h\" || exit 1; done\n");
        }

        Run("remove leftovers", directories[0], script.Text("exit 0"));
    }

    /// <inheritdoc/>
    public void Cut(VolumePlace place, byte[] name, byte[] info, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        BytePath home = VolumeLookup.Below(directories[0], name);
        Script script = new Script().Text("home").Word(home).Word(info).Text(" || { unhome").Word(home).Text("; exit 21; }\n")
            .Text("same").Word(place.Location).Word(place.Current.Uuid).Text(" || { unhome").Word(home).Text($"; exit {ShellFunctions.Replaced}; }}\n")
            .Text(Snapshot + " -r").Word(place.Location).Word(VolumeLookup.Below(home, SnapshotCatalog.DataName)).Text(" >/dev/null || { unhome").Word(home).Text("; exit 23; }");
        ShellReply reply = host.Shell.Run(session, script);
        switch (reply.Exit)
        {
            case 0:
                return;
            case ShellFunctions.Replaced:
                throw BtrfsErrors.Replaced(place);
            default:
                throw errors.Find($"{Snapshot} -r", home, reply, made: true);
        }
    }

    /// <inheritdoc/>
    public SubvolumeDetails Freeze(VolumePlace place, BytePath path)
    {
        Script script = new Script().Text("same").Word(place.Location).Word(place.Current.Uuid).Text($" || exit {ShellFunctions.Replaced}\n[ ! -e").Word(path).Text(" ] || exit 1\n" + Snapshot + " -r")
            .Word(place.Location).Word(path).Text(" >/dev/null && btrfs subvolume show").Word(path);
        ShellReply reply = host.Shell.Run(session, script);
        return reply.Exit switch
        {
            0 => SubvolumeShow.Parse(reply.Output),
            ShellFunctions.Replaced => throw BtrfsErrors.Replaced(place),
            _ => throw errors.Find($"{Snapshot} -r", path, reply, made: true),
        };
    }

    /// <inheritdoc/>
    public void Remove(SnapshotEntry snapshot)
    {
        Script script = new Script().Text("if [ -d").Word(snapshot.Path).Text(" ]; then same").Word(snapshot.Path).Word(snapshot.Details.Uuid)
            .Text(" || exit 0; btrfs subvolume delete").Word(snapshot.Path).Text(" >/dev/null || exit 31; fi; unhome").Word(snapshot.Path.Parent);
        host.Deleted(snapshot, host.Shell.Run(session, script));
    }

    /// <inheritdoc/>
    public void WriteInfo(BytePath home, byte[] info) => Put(VolumeLookup.Below(home, SnapshotFile.FileName), info);

    /// <inheritdoc/>
    public void WriteVolumeFile(byte[] content) => Put(VolumeLookup.Below(directories[0], VolumeFile.FileName), content);

    /// <inheritdoc/>
    public Guid MakeWritable(SnapshotEntry snapshot, BytePath path)
    {
        Script script = new Script().Text("same").Word(snapshot.Path).Word(snapshot.Details.Uuid).Text(" && [ ! -e").Word(path).Text(" ] || exit 1\n" + Snapshot).Word(snapshot.Path).Word(path)
            .Text(" >/dev/null && btrfs subvolume show").Word(path);
        return SubvolumeShow.Parse(Run(Snapshot, path, script, made: true).Output).Uuid;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Implements: mv(1) with <c>--exchange</c> where there is one (coreutils 9.5); else two renames. Killed between the two, the volume is for the time being under the name
    /// <c>.seng-tmp-was-NAME</c>; whoever looks at its path next gives it its name back.
    /// </remarks>
    public void Exchange(BytePath fresh, BytePath live)
    {
        BytePath aside = HalfRollback.Aside(live);
        ClearAside(aside);
        Run("mv", live, new Script().Text("swap").Word(fresh).Word(live).Word(aside));
    }

    /// <inheritdoc/>
    public void Destroy(BytePath path, Guid uuid)
    {
        BytePath parent = path.Parent.IsRoot ? new BytePath("/"u8.ToArray()) : path.Parent;
        Script script = new Script().Text("same").Word(path).Word(uuid).Text(" && btrfs subvolume delete").Word(path).Text(" >/dev/null && btrfs filesystem sync").Word(parent);
        ShellReply reply = host.Shell.Run(session, script);
        if (reply.Exit != 0)
        {
            PosixException error = errors.Find("btrfs subvolume delete", path, reply);
            throw error.Errno == 0 ? new PosixException(Errno.EPERM, "btrfs subvolume delete", path.Span, reply.Errors) : error; // as the system says where a send is running
        }
    }

    /// <inheritdoc/>
    public void Receive(ReceiveRequest request, CancellationToken cancellationToken)
    {
        BytePath home = VolumeLookup.Below(directories[0], request.Name), half = VolumeLookup.Below(home, Half);
        try
        {
            new RemoteReceive(host.Shell, request, home, VolumeLookup.Below(directories[0], LockName)).RunAsync(cancellationToken).GetAwaiter().GetResult();
        }
        catch (StorageCommandException e) when (e.ExitCode is { } code)
        {
            throw StreamErrors.FromProgram(errors.Find("btrfs receive", home, new ShellReply(code, [], e.StandardErrorTail)), request.Target);
        }

        // What else is in the directory came by a link in the stream, which leads no further than that.
        Script script = new Script().Text("strays").Word(home).Text(" || exit 1\nbtrfs filesystem sync").Word(half).Text(" && btrfs subvolume show").Word(half);
        ShellReply reply = host.Shell.Run(session, script);
        if (reply.Exit == ShellFunctions.Escaped)
        {
            throw StreamErrors.Escaped();
        }

        SubvolumeDetails made = reply.Exit == 0 ? SubvolumeShow.Parse(reply.Output) : throw errors.Find("btrfs receive", half, reply);
        if (!made.IsReadOnly || made.ReceivedUuid != request.Uuid || made.SentTransaction != request.Transaction)
        {
            throw StreamErrors.FromProgram(new PosixException(0, "btrfs receive", half.Span, "it says that it succeeded, and the snapshot is not marked as received"), request.Target);
        }
    }

    /// <inheritdoc/>
    public void MakeHomes(byte[] name, byte[] info)
    {
        Script script = new Script().Text("i() { home \"$1\"").Word(info).Text("; }\n");
        foreach (BytePath home in Homes(name))
        {
            script.Text("i").Word(home).Text(" || exit 1\n");
        }

        Run("mkdir", VolumeLookup.Below(directories[0], name), script, made: true);
    }

    /// <inheritdoc/>
    public IReadOnlyList<ulong> CutTogether(IReadOnlyList<VolumePlace> places, byte[] name)
    {
        List<BytePath> homes = Homes(name);
        var script = new Script();
        for (int i = 0; i < places.Count; i++)
        {
            script.Text("same").Word(places[i].Location).Word(places[i].Current.Uuid).Text($" || exit {ShellFunctions.Replaced}\n");
        }

        // As on this machine: something to commit, a commit that is begun, and all calls at once, so that they join the next one.
        script.Text("chmod 700").Word(homes[0]).Text("\nbtrfs filesystem sync").Word(homes[0]).Text(" & p=\n");
        for (int i = 0; i < places.Count; i++)
        {
            script.Text(Snapshot + " -r").Word(places[i].Location).Word(VolumeLookup.Below(homes[i], Half)).Text(" >/dev/null & p=\"$p $!\"\n");
        }

        script.Text("r=0; for q in $p; do wait \"$q\" || r=1; done; wait; [ \"$r\" = 0 ] || exit 1\n");
        foreach (BytePath home in homes)
        {
            script.Text("btrfs subvolume show").Word(VolumeLookup.Below(home, Half)).Text(" || exit 1; printf '\\0'\n");
        }

        ShellReply reply = host.Shell.Run(session, script);
        if (reply.Exit != 0)
        {
            throw reply.Exit == ShellFunctions.Replaced ? BtrfsErrors.Replaced(places[0]) : errors.Find(Snapshot, homes[0], reply);
        }

        var fields = new Fields(reply.Output, "the members of a group", BtrfsEngineFactory.SchemeName);
        return [.. homes.Select(_ => SubvolumeShow.Parse(fields.Next().Span).OriginTransaction)];
    }

    /// <inheritdoc/>
    public void DropHalves(byte[] name)
    {
        Script script = RemoveHalves(name);
        Run("btrfs subvolume delete", directories[0], script.Text("btrfs filesystem sync").Word(directories[0]));
    }

    /// <inheritdoc/>
    public void Publish(byte[] name)
    {
        var script = new Script();
        foreach (BytePath home in Homes(name))
        {
            script.Text("mv -nT --").Word(VolumeLookup.Below(home, Half)).Word(VolumeLookup.Below(home, SnapshotCatalog.DataName)).Text(" || exit 1\n");
        }

        Run("mv", VolumeLookup.Below(directories[0], name), script.Text("btrfs filesystem sync").Word(directories[0]));
    }

    /// <inheritdoc/>
    public void Undo(byte[] name)
    {
        Script script = RemoveHalves(name);
        foreach (BytePath home in Homes(name))
        {
            script.Text("unhome").Word(home).Text(" || exit 1\n");
        }

        Run("remove", VolumeLookup.Below(directories[0], name), script.Text("exit 0"));
    }

    /// <inheritdoc/>
    public void Dispose() => session.DisposeAsync().AsTask().GetAwaiter().GetResult();

    // What a roll back left that was killed after its second rename: the volume as it was, whose uuid was noted.
    private void ClearAside(BytePath aside)
    {
        ShellReply reply = Run("look at", aside, new Script().Text("[ -d").Word(aside).Text(" ] || exit 0; btrfs subvolume show").Word(aside));
        if (reply.Output.Length == 0)
        {
            return;
        }

        Guid uuid = SubvolumeShow.Parse(reply.Output).Uuid;
        if (host.TryReadVolumeFile(directories[0], CancellationToken.None) is { } noted && VolumeFile.Parse(noted).Contains(uuid))
        {
            Destroy(aside, uuid);
        }
    }

    private List<BytePath> Homes(byte[] name) => [.. directories.Select(each => VolumeLookup.Below(each, name))];

    private Script RemoveHalves(byte[] name)
    {
        var script = new Script();
        foreach (BytePath home in Homes(name))
        {
            script.Text("for d in").Word(VolumeLookup.Below(home, Half)).Word(VolumeLookup.Below(home, SnapshotCatalog.DataName))
                .Text("; do [ ! -d \"$d\" ] || btrfs subvolume delete \"$d\" >/dev/null || exit 1; done\n");
        }

        return script;
    }

    private void Put(BytePath file, byte[] content) => Run("write", file, new Script().Text("put").Word(file).Word(content));

    private ShellReply Run(string operation, BytePath path, Script script, bool made = false)
    {
        ShellReply reply = host.Shell.Run(session, script);
        return reply.Exit == 0 ? reply : throw errors.Find(operation, path, reply, made);
    }
}
