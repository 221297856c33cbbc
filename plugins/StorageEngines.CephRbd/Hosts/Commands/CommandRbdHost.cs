using StorageEngines.CephRbd.Hosts.Commands.Parsing;
using StorageEngines.CephRbd.Images;
using StorageEngines.Posix;
using StorageEngines.RemoteShells;

namespace StorageEngines.CephRbd.Hosts.Commands;

/// <summary>A cluster that is reached through the program <c>rbd</c>, on this machine or on another. Safe for use by several threads.</summary>
/// <remarks>Implements: rbd(8), and of python3-rbd what rbd does not tell.</remarks>
internal sealed class CommandRbdHost : IRbdHost
{
    private readonly RbdShell _shell;

    /// <summary>Makes the host. Nothing is started yet.</summary>
    internal CommandRbdHost(ICommandRunner runner, CephRbdSettings settings)
    {
        _shell = new RbdShell(runner, settings);
        Changes = new CommandImageChanges(_shell);
        Groups = new CommandImageGroups(_shell);
    }

    /// <summary>Told before each step; null for nobody. Default: null.</summary>
    internal Func<string, ValueTask>? OnStep
    {
        get => _shell.OnStep;
        set => _shell.OnStep = value;
    }

    /// <inheritdoc/>
    public string Name => _shell.Runner.Host;

    /// <inheritdoc/>
    public bool CanDiffFromGroups => false;

    /// <inheritdoc/>
    public IImageChanges Changes { get; }

    /// <inheritdoc/>
    public IImageGroups Groups { get; }

    /// <inheritdoc/>
    public async Task<HostFacts> ProbeAsync(CancellationToken cancellationToken)
    {
        Script script = new Script().Text("v=$(rbd --version) || exit\npy probe || exit\nprintf '%s\\0' \"$v\"");
        Fields fields = RbdShell.FieldsOf(await _shell.AskAsync("reach cluster", Name, script, cancellationToken).ConfigureAwait(false));
        _shell.Known = ClusterFacts.Parse(fields);
        return new HostFacts(fields.Text().Trim(), ["The cluster is reached by the programs rbd and python3: a snapshot of a group cannot be the base of a difference."]);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ImagePlace>> ListAsync(CancellationToken cancellationToken)
    {
        Fields fields = RbdShell.FieldsOf(await _shell.AskAsync("list images", Name, new Script().Text("py list"), cancellationToken).ConfigureAwait(false));
        ClusterFacts facts = ClusterFacts.Parse(fields);
        _shell.Known = facts;
        var images = new List<ImagePlace>();
        while (!fields.IsAtEnd)
        {
            long pool = fields.Number();
            (string space, string id, string name) = (fields.Text(), fields.Text(), fields.Text());
            if (id.Length > 0)
            {
                string poolName = facts.Pools.TryGetValue(pool, out string? known) ? known : throw fields.Damaged($"there is no pool {pool}");
                images.Add(new ImagePlace(new ImageKey(facts.Fsid, pool, space, id), new ImagePath(poolName, space, name)));
            }
        }

        return images;
    }

    /// <inheritdoc/>
    public async Task<ImageKey?> FindAsync(ImagePath path, CancellationToken cancellationToken)
    {
        Script script = new Script().At(path.Pool, null, path.Namespace, path.Image, "").Text("py facts || exit\ni=$(im info --format=json) || { e=$?; [ \"$e\" = 2 ] || exit \"$e\"; i=; }\nprintf '%s\\0' \"$i\"");
        ShellReply reply = await _shell.TryAskAsync("find image", script, cancellationToken).ConfigureAwait(false);
        if (reply.Exit != 0 || RbdWords.IsWithoutConnection(reply.Errors))
        {
            throw _shell.Failed("find image", path.ToString(), reply.Exit == 0 ? Errno.ENOENT : reply.Exit, reply.Errors);
        }

        Fields fields = RbdShell.FieldsOf(reply.Output);
        ClusterFacts facts = ClusterFacts.Parse(fields);
        _shell.Known = facts;
        ReadOnlyMemory<byte> info = fields.Next();
        if (info.IsEmpty || facts.NumberOf(path.Pool) is not { } pool)
        {
            return null;
        }

        string id = ImageReport.Parse(info).Id;
        return id.Length > 0 ? new ImageKey(facts.Fsid, pool, path.Namespace, id)
            : throw CephRbdErrors.NotSupported(EngineStatus.FailedPrecondition, $"'{path}' is an image of format 1, which has no id; copy it to a new image ('rbd deep cp').");
    }

    /// <inheritdoc/>
    public async Task<IOpenImage?> OpenAsync(ImageKey key, CancellationToken cancellationToken)
    {
        ClusterFacts? known = _shell.Known;
        if (known?.Pools.GetValueOrDefault(key.Pool) is { } pool && await TryOpenAsync(key, known, pool, cancellationToken).ConfigureAwait(false) is { } image)
        {
            return image;
        }

        // The pool may have another name by now.
        ClusterFacts facts = await _shell.AskFactsAsync(cancellationToken).ConfigureAwait(false);
        return facts.Fsid != key.Cluster || !facts.Pools.TryGetValue(key.Pool, out string? name) || name == known?.Pools.GetValueOrDefault(key.Pool)
            ? null : await TryOpenAsync(key, facts, name, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<IImageWriting> OpenForWritingAsync(RbdImage image, long sizeBytes, CancellationToken cancellationToken)
        => await CommandImageWriting.StartAsync(_shell, image, sizeBytes, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _shell.DisposeAsync();

    private async Task<CommandImage?> TryOpenAsync(ImageKey key, ClusterFacts facts, string pool, CancellationToken cancellationToken)
    {
        if (facts.Fsid != key.Cluster)
        {
            return null;
        }

        // An image in the trash can be opened by its id too.
        Script script = new Script().At(pool, key.Pool, key.Namespace, "", key.Image).Text("i=$(byid info --format=json) || exit\nl=$(byid snap ls --all --format=json) || exit\n")
            .Text($"t=$(in_pool trash ls --all --format=json) || exit\ncase $t in *\"{{\\\"id\\\":\\\"$ID\\\",\"*) exit {RbdExit.ImageGone};; esac\nprintf '%s\\0' \"$i\" \"$l\"");
        ShellReply reply = await _shell.TryAskAsync("open image", script, cancellationToken).ConfigureAwait(false);
        if (reply.Exit != 0)
        {
            return reply.Exit == RbdExit.ImageGone || (reply.Exit == Errno.ENOENT && !RbdWords.IsWithoutConnection(reply.Errors))
                ? null : throw _shell.Failed("open image", $"{pool}: {key}", reply.Exit, reply.Errors);
        }

        Fields fields = RbdShell.FieldsOf(reply.Output);
        ImageReport report = ImageReport.Parse(fields.Next());
        ReadOnlyMemory<byte> list = fields.Next();
        bool isOld = false;
        List<RbdSnapshot> snapshots = SnapshotReport.Parse(list, Number);
        if (isOld)
        {
            facts = await _shell.AskFactsAsync(cancellationToken).ConfigureAwait(false);
            snapshots = SnapshotReport.Parse(list, Number);
        }

        return report.Id == key.Image ? new CommandImage(_shell, new ImageState(report.ToImage(key, pool), snapshots))
            : throw new CorruptDataException("the output of rbd info", null, $"it is about the image '{report.Id}', and not '{key.Image}'") { Engine = CephRbdEngineFactory.SchemeName };

        long? Number(string name)
        {
            long? number = facts.NumberOf(name);
            isOld |= number is null;
            return number;
        }
    }
}
