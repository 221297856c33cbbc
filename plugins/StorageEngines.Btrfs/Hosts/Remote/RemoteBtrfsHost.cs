using StorageEngines.Btrfs.Differences;
using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.Btrfs.Streams;
using StorageEngines.Btrfs.Volumes;
using StorageEngines.Posix;
using StorageEngines.RemoteShells;
using StorageEngines.RemoteTrees;

namespace StorageEngines.Btrfs.Hosts.Remote;

/// <summary>
/// Another machine, by btrfs-progs and coreutils in a shell. What belongs together is one script, and so one round trip. Needs a login as root, because the program tells nobody else of a uuid.
/// </summary>
/// <remarks>Implements: btrfs-subvolume(8), btrfs-send(8), btrfs-filesystem(8), find(1), stat(1), dd(1), flock(1), filefrag(8), getfattr(1).</remarks>
internal sealed class RemoteBtrfsHost : IBtrfsHost
{
    private readonly RemoteErrors _errors;
    private readonly RemoteHomes _homes;
    private uint _protocol;

    /// <summary>Makes the host. Nothing is connected yet.</summary>
    internal RemoteBtrfsHost(ICommandRunner runner)
    {
        Shell = new RemoteShell(runner, ShellFunctions.Setup);
        _errors = new RemoteErrors(Shell);
        _homes = new RemoteHomes(_errors);
    }

    /// <summary>Asks the host.</summary>
    internal RemoteShell Shell { get; }

    /// <inheritdoc/>
    public bool IsLocal => false;

    /// <inheritdoc/>
    public HostFacts Probe(CancellationToken cancellationToken)
    {
        Script script = new Script().Text(
            "printf '%s\\0' \"$(uname -sr)\"; v=$(btrfs --version) || exit 127; printf '%s\\0' \"${v%%\"$nl\"*}\"; " +
            "if [ -d /sys/fs/btrfs/features ]; then cat /sys/fs/btrfs/features/send_stream_version 2>/dev/null || printf 1; else printf 0; fi; printf '\\0'; id -u; printf '\\0'; cat /proc/self/mountinfo; printf '\\0'");
        ShellReply reply = Shell.Ask(script, cancellationToken);
        if (reply.Exit == ShellFunctions.Missing)
        {
            throw _errors.Missing("btrfs", "btrfs-progs");
        }

        var fields = new Fields(reply.Output, "what the host can do", BtrfsEngineFactory.SchemeName);
        string kernel = fields.Text(), program = fields.Text();
        _ = uint.TryParse(fields.Text().Trim(), out uint version);
        bool isRoot = fields.Text().Trim() == "0";
        return new HostFacts($"{kernel}, {program} on {Shell.Runner.Host}", Math.Min(version, 2), MountTable.Parse(fields.Next().Span).Count, isRoot);
    }

    /// <inheritdoc/>
    public IReadOnlyList<BytePath> Mounts(CancellationToken cancellationToken)
        => [.. MountTable.Parse(Shell.Ask(new Script().Text("cat /proc/self/mountinfo"), cancellationToken).Output).Select(mount => mount.Point)];

    /// <inheritdoc/>
    public IReadOnlyList<PathFacts> Look(BytePath[] paths, BytePath? snapshotRoot, CancellationToken cancellationToken)
    {
        if (paths.Length == 0)
        {
            return [];
        }

        var script = new Script();
        foreach (BytePath path in paths)
        {
            script.Text("look").Word(path).Word(snapshotRoot ?? default).End();
        }

        var fields = new Fields(_errors.Ask("look at", paths[0], script, cancellationToken), "the state of a path", BtrfsEngineFactory.SchemeName);
        return [.. paths.Select(path => ReadFacts(path, snapshotRoot, fields))];
    }

    /// <inheritdoc/>
    public SubvolumeTable? TryReadTable(BytePath at, Guid? only, CancellationToken cancellationToken)
    {
        Script script = new Script().Text("table").Word(at);
        ShellReply reply = Shell.Ask(only is { } id ? script.Word(id) : script.Word(default(BytePath)), cancellationToken);
        return reply.Exit switch
        {
            0 => RemoteSubvolumeTable.Parse(reply.Output),
            ShellFunctions.Missing => throw _errors.Missing("btrfs", "btrfs-progs"),
            _ => null,
        };
    }

    /// <inheritdoc/>
    public IReadOnlyList<HomeFacts> ReadHomes(BytePath[] homes, SubvolumeTable? table, CancellationToken cancellationToken)
    {
        List<HomeFacts> found = _homes.Read(homes, table as RemoteSubvolumeTable, cancellationToken);
        SubvolumeDetails[] settled = _homes.Settle([.. found.Where(each => each.Data is not null).Select(each => (each.Data!, VolumeLookup.Below(each.Home, SnapshotCatalog.DataName)))], cancellationToken);
        int at = 0;
        return [.. found.Select(each => each.Data is null ? each : each with { Data = settled[at++] })];
    }

    /// <inheritdoc/>
    public IReadOnlyList<SnapshotEntry> Complete(IReadOnlyList<SnapshotEntry> snapshots, CancellationToken cancellationToken)
        => [.. snapshots.Zip(_homes.Settle([.. snapshots.Select(each => (each.Details, each.Path))], cancellationToken), (entry, details) => entry with { Details = details })];

    /// <inheritdoc/>
    public byte[]? TryReadVolumeFile(BytePath snapshotDirectory, CancellationToken cancellationToken)
    {
        BytePath file = VolumeLookup.Below(snapshotDirectory, VolumeFile.FileName);
        ShellReply reply = Shell.Ask(new Script().Text("[ -f").Word(file).Text(" ] || exit 3; slurp").Word(file).Number(VolumeFile.MaximumBytes + 1), cancellationToken);
        return reply.Exit == 0 ? reply.Output : null;
    }

    /// <inheritdoc/>
    public IReadOnlyList<byte[]> Directories(BytePath path, CancellationToken cancellationToken)
    {
        ShellReply reply = Shell.Ask(new Script().Text("find -H").Word(path).Text(" -mindepth 1 -maxdepth 1 -type d -printf '%f\\0' 2>/dev/null"), cancellationToken);
        var fields = new Fields(reply.Output, "a list of directories", BtrfsEngineFactory.SchemeName);
        var names = new List<byte[]>();
        while (!fields.IsAtEnd)
        {
            names.Add(fields.Next().ToArray());
        }

        return names;
    }

    /// <inheritdoc/>
    public IBtrfsChange Begin(IReadOnlyList<VolumePlace> places, CancellationToken cancellationToken)
    {
        var script = new Script();
        foreach (VolumePlace place in places)
        {
            script.Text("prepare").Word(place.SnapshotDirectory.Parent).Word(place.Key.FileSystem).Word(place.SnapshotDirectory).End();
        }

        ShellReply reply = Shell.Change(script, cancellationToken);
        return reply.Exit switch
        {
            0 => Lock([.. places.Select(place => place.SnapshotDirectory)], cancellationToken),
            ShellFunctions.OtherFileSystem => throw BtrfsErrors.NotSupported(EngineStatus.InvalidArgument,
                $"Snapshots of '{places[0].Location}' cannot be kept in '{places[0].SnapshotDirectory.Parent}', which is on another file system; set '{BtrfsEngineFactory.SnapshotsSetting}' to a directory on the volume's own Btrfs."),
            _ => throw _errors.Find("make snapshot directory", places[0].SnapshotDirectory, reply, made: true),
        };
    }

    /// <inheritdoc/>
    public IBtrfsChange Begin(BytePath snapshotDirectory, CancellationToken cancellationToken) => Lock([snapshotDirectory], cancellationToken);

    /// <inheritdoc/>
    public void Clone(SnapshotEntry snapshot, BytePath location, CancellationToken cancellationToken)
    {
        Script script = new Script().Text("[ ! -e").Word(location).Text(" ] && [ ! -L").Word(location).Text($" ] || exit {ShellFunctions.Replaced}\nsame").Word(snapshot.Path).Word(snapshot.Details.Uuid)
            .Text(" || exit 3\nbtrfs subvolume snapshot").Word(snapshot.Path).Word(location).Text(" >/dev/null");
        ShellReply reply = Shell.Change(script, cancellationToken);
        if (reply.Exit != 0)
        {
            throw reply.Exit switch
            {
                3 => new PosixException(Errno.ENOENT, "find snapshot", snapshot.Path.Span),
                ShellFunctions.Replaced => new PosixException(Errno.EEXIST, "btrfs subvolume snapshot", location.Span),
                _ => _errors.Find("btrfs subvolume snapshot", location, reply, made: true),
            };
        }
    }

    /// <inheritdoc/>
    public void Destroy(SnapshotEntry snapshot, CancellationToken cancellationToken)
    {
        Script script = new Script().Text("[ -d").Word(snapshot.Path).Text(" ] || exit 0; same").Word(snapshot.Path).Word(snapshot.Details.Uuid)
            .Text(" || exit 0\nbtrfs subvolume delete").Word(snapshot.Path).Text(" >/dev/null");
        Deleted(snapshot, Shell.Change(script, cancellationToken));
    }

    /// <inheritdoc/>
    public SnapshotPair Compare(SnapshotEntry from, SnapshotEntry to, SnapshotRef asked, CancellationToken cancellationToken)
    {
        return RemotePair.Open(Shell, from, to, asked, Protocol(cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public ISendSource OpenSource(SnapshotEntry? from, SnapshotEntry to, SnapshotRef asked, CancellationToken cancellationToken)
    {
        SnapshotEntry? parent = from;
        SnapshotEntry? sentFrom = parent is null ? null : parent with { Details = Precise(parent.Details, parent.Path, cancellationToken) ?? throw SnapshotPair.BaseGone(parent, null) };
        SnapshotEntry sent = to with { Details = Precise(to.Details, to.Path, cancellationToken) ?? throw SnapshotCatalog.Missing(asked) };
        SnapshotPair? pair = sentFrom is null ? null : Compare(sentFrom, sent, asked, cancellationToken);
        return new RemoteSendSource(Shell, sentFrom, sent, pair, Protocol(cancellationToken), asked);
    }

    /// <inheritdoc/>
    public SubvolumeDetails? Precise(SubvolumeDetails snapshot, BytePath path, CancellationToken cancellationToken)
    {
        ShellReply reply = Shell.Ask(new Script().Text("[ -d").Word(path).Text(" ] && btrfs subvolume show").Word(path), cancellationToken);
        return reply.Exit == 0 && SubvolumeShow.Parse(reply.Output) is { } found && found.Uuid == snapshot.Uuid ? _homes.Settle([(found, path)], cancellationToken)[0] : null;
    }

    /// <inheritdoc/>
    public SubvolumeDetails WrittenBack(VolumePlace place, CancellationToken cancellationToken)
    {
        Script script = new Script().Text("same").Word(place.Location).Word(place.Current.Uuid).Text($" || exit {ShellFunctions.Replaced}\nbtrfs filesystem sync").Word(place.Location)
            .Text(" && btrfs subvolume show").Word(place.Location);
        ShellReply reply = Shell.Ask(script, cancellationToken);
        return reply.Exit switch
        {
            0 => SubvolumeShow.Parse(reply.Output),
            ShellFunctions.Replaced => throw BtrfsErrors.Replaced(place),
            _ => throw _errors.Find("btrfs filesystem sync", place.Location, reply),
        };
    }

    /// <inheritdoc/>
    public bool IsEmpty(VolumePlace place) => _errors.Ask(
        "look into", place.Location,
        new Script().Text("find -H").Word(place.Location).Text(" -mindepth 1 -maxdepth 1 ! -name").Word(VolumeLookup.DefaultRoot).Text(" -printf x -quit"), CancellationToken.None).Length == 0;

    /// <inheritdoc/>
    public IFileData OpenData(SnapshotEntry snapshot, BytePath path, SnapshotRef asked, CancellationToken cancellationToken)
        => new RemoteTree(SnapshotTree.Root(Shell, snapshot, asked), cancellationToken).OpenData(path);

    /// <inheritdoc/>
    public ITreeReader TreeReader(SnapshotCatalog catalog) => new RemoteTreeReader(Shell, catalog);

    /// <inheritdoc/>
    public ISnapshotReader SnapshotReader(SnapshotCatalog catalog) => new RemoteSnapshotReader(Shell, catalog);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Shell.DisposeAsync();

    /// <summary>Throws what a deletion that did not work means.</summary>
    internal void Deleted(SnapshotEntry snapshot, ShellReply reply)
    {
        if (reply.Exit == 0)
        {
            return;
        }

        PosixException error = _errors.Find("btrfs subvolume delete", snapshot.Path, reply);
        throw error.Errno switch
        {
            0 => BtrfsErrors.Busy(snapshot, new PosixException(Errno.EBUSY, "btrfs subvolume delete", snapshot.Path.Span, reply.Errors)),
            _ => error,
        };
    }

    private uint Protocol(CancellationToken cancellationToken) => _protocol = _protocol > 0 ? _protocol : Math.Max(1, Probe(cancellationToken).Protocol);

    private RemoteChange Lock(IReadOnlyList<BytePath> directories, CancellationToken cancellationToken)
    {
        ShellSession session = Shell.StartLocked([.. directories.Select(each => VolumeLookup.Below(each, RemoteChange.LockName))], cancellationToken)
            ?? throw new StorageEngineException(
                EngineStatus.Aborted, EngineReason.Locked, Recovery.RetryAfterBackoff, $"Another process is changing the snapshots in '{directories[0]}' on {Shell.Runner.Host}; try again when it is done.")
            { Engine = BtrfsEngineFactory.SchemeName };
        return new RemoteChange(this, session, directories, _errors);
    }

    private PathFacts ReadFacts(BytePath path, BytePath? snapshotRoot, Fields fields)
    {
        string state = fields.Text(), type = fields.Text(), inode = fields.Text(), steps = fields.Text(), fileSystem = fields.Text();
        ReadOnlyMemory<byte> subvolume = fields.Next();
        bool isBeside = fields.Flag();
        BytePath parent = path.Parent.IsRoot ? new BytePath("/"u8.ToArray()) : path.Parent;
        bool isBtrfs = type == "9123683e";
        var facts = new PathFacts(path)
        {
            IsBtrfs = isBtrfs,
            FileSystemName = isBtrfs ? "btrfs" : $"0x{type.ToUpperInvariant()}",
            IsMountRoot = steps == "0",
            SnapshotRoot = snapshotRoot ?? VolumeLookup.Below(isBeside ? parent : path, VolumeLookup.DefaultRoot),
            VolumeFiles = ReadFiles(fields),
        };
        if (state != "ok")
        {
            int errno = state switch { "missing" => Errno.ENOENT, "file" => Errno.ENOTDIR, "denied" => Errno.EACCES, _ => 0 };
            return facts with { Error = new PosixException(errno, "look at", path.Span, errno == 0 ? $"'btrfs subvolume show' failed on {Shell.Runner.Host}" : null) };
        }

        if (subvolume.IsEmpty)
        {
            return facts;
        }

        return Guid.TryParseExact(fileSystem, "D", out Guid id)
            ? facts with { FileSystem = id, Subvolume = SubvolumeShow.Parse(subvolume.Span) }
            : throw fields.Damaged($"'{path}' on Btrfs, inode {inode}, has no file system's id ('{fileSystem}')");
    }

    private static List<PathFacts.Note> ReadFiles(Fields fields)
    {
        var files = new List<PathFacts.Note>();
        while (fields.Next() is { IsEmpty: false } name)
        {
            byte[] content = fields.Next().ToArray();
            if (SubvolumeTable.TryParse(name.Span, out Guid origin))
            {
                files.Add(new(origin, content));
            }
        }

        return files;
    }
}
