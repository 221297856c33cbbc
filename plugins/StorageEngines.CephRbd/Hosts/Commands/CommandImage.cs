using System.Runtime.CompilerServices;
using StorageEngines.CephRbd.Blocks;
using StorageEngines.CephRbd.Hosts.Commands.Parsing;
using StorageEngines.CephRbd.Images;
using StorageEngines.Posix;
using StorageEngines.RemoteShells;

namespace StorageEngines.CephRbd.Hosts.Commands;

/// <summary>An image that is read through programs. Nothing is open between two questions; each makes sure that it was about this image.</summary>
internal sealed class CommandImage(RbdShell shell, ImageState state) : IOpenImage
{
    /// <inheritdoc/>
    public ImageState State => state;

    private RbdImage Image => state.Image;

    /// <inheritdoc/>
    /// <remarks>Not by <c>rbd image-meta list</c>, which opens the image to write.</remarks>
    public async Task<ImageNotes> ReadNotesAsync(CancellationToken cancellationToken)
    {
        Fields fields = RbdShell.FieldsOf(await AskAsync("read notes", ById("notes"), cancellationToken).ConfigureAwait(false));
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        while (!fields.IsAtEnd)
        {
            string key = fields.Text();
            values[key] = fields.Text();
        }

        return new ImageNotes(Image.Key, values);
    }

    /// <inheritdoc/>
    /// <remarks>Not by <c>rbd info</c>, which takes names and knows none of a group's snapshots.</remarks>
    public async Task<bool> AreMapsValidAsync(IReadOnlyList<RbdSnapshot> chain, CancellationToken cancellationToken)
    {
        Script script = ById("maps").Words([.. chain.Select(each => each.IdText)]);
        return RbdShell.FieldsOf(await AskAsync("check object maps", script, cancellationToken).ConfigureAwait(false)).Flag();
    }

    /// <inheritdoc/>
    /// <remarks>Not by <c>rbd diff</c>, which takes names, and no range.</remarks>
    public async IAsyncEnumerable<IReadOnlyList<RawExtent>> DiffAsync(DiffRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Script script = Pair("diff", request.From, request.To).Words(request.Mode.Name()).Number(request.StartingOffset).Number(Image.PeriodBytes);
        await using ScriptStream stream = await shell.StartAsync("compare", script, null, cancellationToken).ConfigureAwait(false);
        await using IAsyncEnumerator<IReadOnlyList<RawExtent>> batches
            = new DiffReader(stream.Output, request.StartingOffset).ReadAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await NextAsync(batches, request).ConfigureAwait(false))
        {
            yield return batches.Current;
        }
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<long> UnchangedAsync(RbdSnapshot from, RbdSnapshot to, IReadOnlyList<long> offsets, CancellationToken cancellationToken)
        => WhichAsync("unchanged", from, to, offsets, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<long> WrittenAsync(RbdSnapshot from, RbdSnapshot to, IReadOnlyList<long> offsets, CancellationToken cancellationToken)
        => WhichAsync("written", from, to, offsets, cancellationToken);

    /// <inheritdoc/>
    public async Task<byte[]> ReadAsync(RbdSnapshot snapshot, IReadOnlyList<(long Offset, int Count)> ranges, CancellationToken cancellationToken)
    {
        Script script = ById("read").Words(snapshot.IdText);
        foreach ((long from, int bytes) in ranges)
        {
            script.Number(from).Number(bytes);
        }

        int count = checked(ranges.Sum(each => each.Count));
        ShellReply reply = await shell.TryAskAsync("read snapshot", script, cancellationToken).ConfigureAwait(false);
        return reply.Exit switch
        {
            0 when reply.Output.Length == count => reply.Output,
            0 => throw CephRbdErrors.Impossible(Image, $"{reply.Output.Length} bytes came instead of {count}"),
            _ => throw Failed("read", reply, snapshot),
        };
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> ListWatchersAsync(CancellationToken cancellationToken)
        => Lists.Watchers(await AskAsync("list watchers", ByName("im status --format=json"), cancellationToken).ConfigureAwait(false));

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> ListChildrenAsync(RbdSnapshot snapshot, CancellationToken cancellationToken)
    {
        ShellReply reply = await shell.TryAskAsync("list clones", ByName($"im --snap-id={snapshot.IdText} children --all --format=json"), cancellationToken).ConfigureAwait(false);
        return reply.Exit == 0 ? Lists.Children(reply.Output) : throw Failed("list clones", reply, snapshot);
    }

    /// <inheritdoc/>
    public async Task<GroupPlace?> FindGroupAsync(CancellationToken cancellationToken)
    {
        Script script = new Script().At(Image).Text("i=$(byid info --format=json) || { e=$?; there; exit \"$e\"; }\nprintf '%s' \"$i\"");
        if (ImageReport.Parse(await AskAsync("find group", script, cancellationToken).ConfigureAwait(false)).Group is not { } group)
        {
            return null;
        }

        string[] parts = group.Split('/');
        if (parts.Length is not (2 or 3))
        {
            throw CephRbdErrors.Impossible(Image, $"its group is '{group}'");
        }

        long? pool = shell.Known?.NumberOf(parts[0]) ?? (await shell.AskFactsAsync(cancellationToken).ConfigureAwait(false)).NumberOf(parts[0]);
        return pool is { } number ? new GroupPlace(number, parts.Length == 3 ? parts[1] : "", parts[^1])
            : throw CephRbdErrors.Impossible(Image, $"the pool of its group '{group}' is not there");
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async IAsyncEnumerable<long> WhichAsync(string what, RbdSnapshot from, RbdSnapshot to, IReadOnlyList<long> offsets, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Script script = Pair(what, from, to).Number(Image.PeriodBytes);
        foreach (long offset in offsets)
        {
            script.Number(offset);
        }

        ShellReply reply = await shell.TryAskAsync("compare objects", script, cancellationToken).ConfigureAwait(false);
        Fields fields = RbdShell.FieldsOf(reply.Exit == 0 ? reply.Output : throw Failed("compare", reply, to));
        while (!fields.IsAtEnd)
        {
            yield return fields.Number();
        }
    }

    private Script ById(string what) => new Script().Text("py").Words(what).Number(Image.Key.Pool).Words(Image.Key.Namespace, Image.Key.Image);

    // What it says counts only if the name was still this image's afterwards.
    private Script ByName(string command) => new Script().At(Image).Text(command).Text("\ne=$?\nsame\nexit \"$e\"");

    // The base is found by its number, but compared by the name that it has then, which has to be a user's.
    private Script Pair(string what, RbdSnapshot? from, RbdSnapshot to)
    {
        if (from is not null)
        {
            RbdNames.Require(from);
        }

        return ById(what).Words(to.IdText, from?.IdText ?? "");
    }

    private async Task<byte[]> AskAsync(string operation, Script script, CancellationToken cancellationToken)
    {
        ShellReply reply = await shell.TryAskAsync(operation, script, cancellationToken).ConfigureAwait(false);
        return reply.Exit == 0 ? reply.Output : throw Failed(operation, reply, null);
    }

    private async ValueTask<bool> NextAsync(IAsyncEnumerator<IReadOnlyList<RawExtent>> batches, DiffRequest request)
    {
        try
        {
            return await batches.MoveNextAsync().ConfigureAwait(false);
        }
        catch (StorageCommandException e) when (e.ExitCode is { } code)
        {
            throw Failed("compare", new ShellReply(code, [], e.StandardErrorTail), request.To);
        }
    }

    private StorageEngineException Failed(string operation, ShellReply reply, RbdSnapshot? snapshot) => (reply.Exit, snapshot) switch
    {
        (RbdExit.BaseGone, { } target) => CephRbdErrors.MissingBase(state.RefOf(target)),
        (RbdExit.SnapshotGone, { } gone) => CephRbdErrors.MissingSnapshot(state.RefOf(gone)),
        (Errno.ENOENT, { } gone) when !RbdWords.IsWithoutConnection(reply.Errors) && !RbdWords.IsWithoutPool(reply.Errors) => CephRbdErrors.MissingSnapshot(state.RefOf(gone)),
        (int exit, _) => shell.Failed(operation, snapshot is null ? Image.Path.ToString() : state.RefOf(snapshot).ToString(), exit, reply.Errors),
    };
}
