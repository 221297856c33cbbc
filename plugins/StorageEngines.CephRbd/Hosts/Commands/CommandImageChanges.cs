using System.Globalization;
using StorageEngines.CephRbd.Images;
using StorageEngines.RemoteShells;

namespace StorageEngines.CephRbd.Hosts.Commands;

/// <summary>Changes images and their snapshots with rbd, which takes names: before each change they are made sure of in the same script, and after it again.</summary>
internal sealed class CommandImageChanges(RbdShell shell) : IImageChanges
{
    private const string Afterwards = " || exit\n(same) || exit 205\n";

    /// <inheritdoc/>
    /// <remarks>Implements: rbd(8) <c>snap create</c>.</remarks>
    public Task CreateSnapshotAsync(RbdImage image, string name, CancellationToken cancellationToken)
        => ChangeAsync("create snapshot", $"{image.Path}@{name}", null, new Script().At(image).Text("same\nim --snap=").Value(name).Text(" snap create").Text(Afterwards), cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Implements: rbd(8) <c>snap rm --image-id --snap-id</c>.</remarks>
    public async Task RemoveSnapshotAsync(RbdImage image, RbdSnapshot snapshot, CancellationToken cancellationToken)
    {
        RbdNames.RequireUsers(snapshot);

        // By its number rbd would remove what is a group's as well, and call protected what is in the trash.
        Script script = new Script().At(image).Text("snaps\nentry").Words(snapshot.IdText).Text("\ncase $s in *'\"namespace\":{\"type\":\"user\"'*) ;; *) exit 0;; esac\n")
            .Text($"byid --snap-id={snapshot.IdText} snap rm || {{ e=$?; there; [ \"$e\" = 2 ] || exit \"$e\"; }}\n");
        ShellReply reply = await shell.ChangeAsync("remove snapshot", Apart(script), cancellationToken).ConfigureAwait(false);
        if (reply.Exit is not (0 or RbdExit.ImageGone))
        {
            throw await shell.ChangeFailedAsync("remove snapshot", $"{image.Path}@{snapshot.Name}", reply).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    /// <remarks>Implements: rbd(8) <c>snap protect</c>, <c>snap unprotect</c>.</remarks>
    public Task ProtectAsync(RbdImage image, RbdSnapshot snapshot, bool isProtected, CancellationToken cancellationToken)
    {
        string wanted = isProtected ? "true" : "false", verb = isProtected ? "protect" : "unprotect";
        Script script = Checked(image, snapshot).Text($"case $s in *'\"protected\":\"{wanted}\"'*|*'\"protected\":{wanted}'*) exit 0;; esac\nim --snap=").Value(snapshot.Name).Text($" snap {verb}").Text(Afterwards);
        return ChangeAsync($"{verb} snapshot", $"{image.Path}@{snapshot.Name}", RefOf(image, snapshot), script, cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>Not by <c>rbd image-meta set</c>, which cannot set what is empty.</remarks>
    public async Task NoteAsync(RbdImage image, IReadOnlyList<(string Key, string? Value)> notes, CancellationToken cancellationToken)
    {
        Script script = new Script().Text("py note").Number(image.Key.Pool).Words(image.Key.Namespace, image.Key.Image);
        foreach ((string key, string? value) in notes)
        {
            _ = value is null ? script.Words("remove", key) : script.Words("set", key, value);
        }

        await RequireAsync("note", image.Path.ToString(), null, await shell.ChangeAsync("note", script, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <remarks>Implements: rbd(8) <c>clone</c>.</remarks>
    public Task CloneAsync(RbdImage image, RbdSnapshot snapshot, ImagePath child, CancellationToken cancellationToken)
    {
        Script script = Checked(image, snapshot).Text("im --snap=").Value(snapshot.Name).Text(" --dest-pool=").Value(child.Pool);
        if (child.Namespace.Length > 0)
        {
            script.Text(" --dest-namespace=").Value(child.Namespace);
        }

        return ChangeAsync("clone to", child.ToString(), RefOf(image, snapshot), script.Text(" --dest=").Value(child.Image).Text(" clone").Text(Afterwards), cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>Implements: rbd(8) <c>resize</c>.</remarks>
    public Task ResizeAsync(RbdImage image, long sizeBytes, CancellationToken cancellationToken)
        => ChangeAsync("resize", image.Path.ToString(), null, new Script().At(image).Text(string.Create(CultureInfo.InvariantCulture, $"same\nim --size={sizeBytes}B --allow-shrink --no-progress resize")).Text(Afterwards), cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Implements: rbd(8) <c>snap rollback</c>.</remarks>
    public async Task RollbackAsync(RbdImage image, RbdSnapshot snapshot, IProgress<OperationProgress>? progress, CancellationToken cancellationToken)
    {
        Script script = Checked(image, snapshot).Text("im --snap=").Value(snapshot.Name).Text(" --no-progress snap rollback").Text(Afterwards);
        progress?.Report(new OperationProgress("roll back", 0, snapshot.SizeBytes));
        await ChangeAsync("roll back", $"{image.Path}@{snapshot.Name}", RefOf(image, snapshot), script, cancellationToken).ConfigureAwait(false);
        progress?.Report(new OperationProgress("roll back", snapshot.SizeBytes, snapshot.SizeBytes));
    }

    /// <summary>A script that is run to its end, whatever becomes of the connection.</summary>
    internal static Script Apart(Script script) => new Script().Text("apart").Word(script.Bytes);

    private static Script Checked(RbdImage image, RbdSnapshot snapshot)
    {
        RbdNames.Require(snapshot);
        return new Script().At(image).Text("same\nsnaps\n").Named(snapshot, RbdExit.SnapshotGone);
    }

    private static SnapshotRef RefOf(RbdImage image, RbdSnapshot snapshot) => new(image.Ref, snapshot.IdText, snapshot.Label);

    private async Task ChangeAsync(string operation, string subject, SnapshotRef? snapshot, Script script, CancellationToken cancellationToken)
        => await RequireAsync(operation, subject, snapshot, await shell.ChangeAsync(operation, Apart(script), cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);

    private async Task RequireAsync(string operation, string subject, SnapshotRef? snapshot, ShellReply reply)
    {
        if (reply.Exit != 0)
        {
            throw reply.Exit == RbdExit.SnapshotGone && snapshot is not null ? CephRbdErrors.MissingSnapshot(snapshot) : await shell.ChangeFailedAsync(operation, subject, reply).ConfigureAwait(false);
        }
    }
}
