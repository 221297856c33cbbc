using StorageEngines.Btrfs.Changes;
using StorageEngines.Btrfs.Differences;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.BtrfsStreams;
using StorageEngines.Posix;
using StorageEngines.RemoteShells;
using StorageEngines.RemoteTrees;

namespace StorageEngines.Btrfs.Hosts.Remote;

/// <summary>
/// Two snapshots of another host. Their difference is fetched whole into a temporary file first: a lost connection then shows before anything of it is used, and what it names can be
/// looked up many at a time. Implements: <c>btrfs send --no-data -p</c>, btrfs-send(8).
/// </summary>
internal sealed class RemotePair : SnapshotPair
{
    private const int MostAtOnce = 100; // files in one question for extents
    private const long SmallFile = 16 << 20; // bytes; larger ones may have so many extents that they are asked for one by one

    private readonly RemoteShell _shell;
    private readonly RemoteTree _base;
    private readonly RemoteTree _target;
    private readonly LookAhead _inBase;
    private readonly LookAhead _inTarget;
    private string? _spool;
    private uint _protocol;
    private readonly Dictionary<BytePath, IReadOnlyList<Extent>?> _data = [];

    private RemotePair(RemoteShell shell, SnapshotEntry from, SnapshotEntry to, SnapshotRef asked, uint protocol, CancellationToken cancellationToken)
        : base(from, to)
    {
        _shell = shell;
        _protocol = protocol;
        _base = new RemoteTree(SnapshotTree.Root(shell, from, asked, () => BaseGone(from, null)), cancellationToken);
        _target = new RemoteTree(SnapshotTree.Root(shell, to, asked), cancellationToken);
        _inBase = new LookAhead(_base, OpenSpool);
        _inTarget = new LookAhead(_target, OpenSpool);
    }

    /// <summary>Makes sure that both are there.</summary>
    internal static RemotePair Open(RemoteShell shell, SnapshotEntry from, SnapshotEntry to, SnapshotRef asked, uint protocol, CancellationToken cancellationToken)
    {
        Script script = new Script().Text("same").Word(from.Path).Word(from.Details.Uuid).Text(" || exit 3; same").Word(to.Path).Word(to.Details.Uuid).Text(" || exit 4");
        return shell.Ask(script, cancellationToken).Exit switch
        {
            0 => new RemotePair(shell, from, to, asked, protocol, cancellationToken),
            3 => throw BaseGone(from, SnapshotCatalog.Missing(asked)),
            _ => throw SnapshotCatalog.Missing(asked),
        };
    }

    /// <inheritdoc/>
    public override KnownEntry? InBase(BytePath path) => _inBase.Get(path);

    /// <inheritdoc/>
    public override KnownEntry? InTarget(BytePath path) => _inTarget.Get(path);

    /// <inheritdoc/>
    public override IReadOnlyList<BytePath> NamesInBase(ulong inode) => _base.NamesOf(inode);

    /// <inheritdoc/>
    public override IReadOnlyList<BytePath> NamesInTarget(ulong inode) => _target.NamesOf(inode);

    /// <inheritdoc/>
    public override bool TryReadData(BytePath path, Extent range, List<Extent> data)
    {
        data.Clear();
        if (!_data.TryGetValue(path, out IReadOnlyList<Extent>? extents))
        {
            extents = FetchData(path);
        }

        if (extents is null)
        {
            return false;
        }

        for (int i = FirstBehind(extents, range.Offset); i < extents.Count && extents[i].Offset < range.End; i++)
        {
            data.Add(Extent.FromBounds(Math.Max(extents[i].Offset, range.Offset), Math.Min(extents[i].End, range.End)));
        }

        return true;
    }

    /// <inheritdoc/>
    internal override long TargetSize(BytePath path) => _target.FileSize(path);

    /// <inheritdoc/>
    internal override bool FindExactness() => true; // The program always gives the parent as a clone source.

    /// <inheritdoc/>
    internal override Stream OpenSend(bool exact, CancellationToken cancellationToken)
    {
        Forget();
        _spool = Path.GetTempFileName(); // which nobody else may read
        FetchAsync(cancellationToken).GetAwaiter().GetResult();
        return OpenSpool()!;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        Forget();
        _inBase.Dispose();
        _inTarget.Dispose();
    }

    // Files that the stream tells of next will be asked about next.
    private IReadOnlyList<Extent>? FetchData(BytePath path)
    {
        _data.Clear();
        if (InTarget(path) is not { Type: TreeEntryType.File } file)
        {
            return null;
        }

        List<KeyValuePair<BytePath, long>> files = [new(path, file.SizeBytes), .. _inTarget.ContentBehind(path, MostAtOnce, SmallFile)];
        foreach ((KeyValuePair<BytePath, long> each, IReadOnlyList<Extent>? extents) in files.Zip(_target.Fragments(files)))
        {
            _data[each.Key] = extents;
        }

        return _data[path];
    }

    private static int FirstBehind(IReadOnlyList<Extent> extents, long offset)
    {
        int low = 0, high = extents.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = extents[middle].End <= offset ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private FileStream? OpenSpool() => _spool is null ? null : new FileStream(_spool, FileMode.Open, FileAccess.Read, FileShare.Read);

    private void Forget()
    {
        _inBase.Reset();
        _inTarget.Reset();
        if (_spool is not null)
        {
            File.Delete(_spool);
            _spool = null;
        }
    }

    private async Task FetchAsync(CancellationToken cancellationToken)
    {
        try
        {
            await SendAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (StorageCommandException e) when (e.ExitCode is not null && _protocol > 1)
        {
            _protocol = 1; // Programs before 6.0 do not know the option.
            await SendAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (StorageCommandException e) when (e.ExitCode is not null)
        {
            throw new RemoteErrors(_shell).Find("btrfs send", From.Path, new ShellReply(1, [], e.StandardErrorTail ?? ""));
        }

        await RequireSameAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        List<CommandArgument> arguments = ["send", "-q", "--no-data"];
        arguments.AddRange(_protocol > 1 ? ["--proto", "2"] : []);
        arguments.AddRange(["-p", From.Path, To.Path]);
        await using var spool = new FileStream(_spool!, FileMode.Create, FileAccess.Write, FileShare.Read);
        ICommandExecution execution = await _shell.StartStreamAsync(new CommandRequest("btrfs", arguments) { Operation = "compare snapshots" }, cancellationToken).ConfigureAwait(false);
        try
        {
            await execution.StandardOutput.CopyToAsync(spool, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await execution.DisposeAsync().ConfigureAwait(false);
            _shell.EndStream();
        }
    }

    // The program is given paths, and something else may have come under them since they were looked at.
    private async Task RequireSameAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await using FileStream stream = OpenSpool()!;
        var reader = new BtrfsSendReader(stream, $"the difference up to '{To.Name}'");
        if (!reader.Read() || reader.Command != BtrfsCommand.Snapshot || !IsOf(reader.Uuid(BtrfsAttribute.Uuid), To) || !IsOf(reader.Uuid(BtrfsAttribute.CloneUuid), From))
        {
            throw new PosixException(Errno.ENOENT, "btrfs send", To.Path.Span, "the stream is of other snapshots");
        }
    }

    private static bool IsOf(Guid uuid, SnapshotEntry snapshot) => uuid == snapshot.Details.Uuid || (uuid == snapshot.Details.ReceivedUuid && uuid != Guid.Empty);
}
