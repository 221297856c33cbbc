using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using StorageEngines.RemoteShells;
using StorageEngines.Zfs.Datasets;
using StorageEngines.Zfs.Hosts;

namespace StorageEngines.Zfs.Snapshots;

/// <summary>
/// Snapshots of datasets and zvols. Each is one instant, and holds what was written until then: for a file system what its calls returned from, for a zvol what reached the device (a page cache
/// above it is the application's to flush).
/// </summary>
internal sealed class ZfsSnapshots(SnapshotCatalog catalog) : ISnapshots
{
    private readonly ZfsRollback _rollback = new(catalog);
    private readonly ZfsDeletion _deletion = new(catalog);

    private DatasetCatalog Datasets => catalog.Datasets;

    /// <inheritdoc/>
    /// <remarks>Implements: <c>zfs snapshot</c>, zfs-snapshot(8).</remarks>
    public async Task<SnapshotInfo> CreateAsync(CreateSnapshotRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        SnapshotName.Require(request.Name);
        if (request.MinimumConsistency > Consistency.Crash)
        {
            throw ZfsErrors.NotSupported(EngineStatus.FailedPrecondition, "create snapshot",
                $"A snapshot of ZFS is as after a loss of power (Crash), and {request.MinimumConsistency} is asked for; give a hook that brings the application to rest.");
        }

        string? labels = request.Labels.Count > 0 ? SnapshotLabels.Format(request.Labels) : null;
        (string name, ShellReply reply) = await Datasets.TryChangeAsync("create snapshot", request.Volume, script => Make(script, request.Name, labels), cancellationToken).ConfigureAwait(false);
        SnapshotListing listing = SnapshotListing.Parse(Datasets.Host.Check("create snapshot", $"{name}@{request.Name}", reply).Output);
        ZfsSnapshot made = listing.Table.Snapshots.FirstOrDefault(each => each.Name == request.Name)
            ?? throw new SnapshotNotFoundException(request.Name, name, "it was destroyed or renamed as soon as it was made; create it again") { Engine = ZfsEngineFactory.SchemeName };
        return listing.Find(made.Id)!;
    }

    /// <inheritdoc/>
    /// <remarks>Implements: <c>zfs list</c>, zfs-list(8); <c>zfs holds</c>, zfs-hold(8).</remarks>
    public async Task<SnapshotInfo> GetAsync(SnapshotRef snapshot, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        if (SnapshotCatalog.GuidOf(snapshot) is not { } guid)
        {
            throw SnapshotCatalog.Missing(snapshot);
        }

        SnapshotListing listing = await ListingAsync(snapshot.Volume, cancellationToken).ConfigureAwait(false);
        return listing.Find(guid.ToString(CultureInfo.InvariantCulture)) ?? throw await catalog.WhereAsync(snapshot, guid, listing.Table.Of, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <remarks>Implements: <c>zfs list</c>, zfs-list(8), once for all snapshots; <c>zfs holds</c>, zfs-hold(8), once for those that are held.</remarks>
    public async IAsyncEnumerable<SnapshotInfo> ListAsync(VolumeRef? volume, string? namePrefix = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        IReadOnlyList<SnapshotListing> listings = volume is null
            ? await ListingsAsync(cancellationToken).ConfigureAwait(false) : [await ListingAsync(volume, cancellationToken).ConfigureAwait(false)];
        foreach (SnapshotInfo snapshot in listings.SelectMany(listing => listing.Infos()))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (namePrefix is null || snapshot.Ref.Name!.StartsWith(namePrefix, StringComparison.Ordinal))
            {
                yield return snapshot;
            }
        }
    }

    /// <inheritdoc/>
    /// <remarks>Implements: <c>zfs destroy</c>, zfs-destroy(8); for the data only <c>zfs bookmark</c> before it, zfs-bookmark(8).</remarks>
    public Task DeleteAsync(SnapshotRef snapshot, DeleteMode mode = DeleteMode.Everything, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return _deletion.DeleteAsync(snapshot, mode, cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The location is not the name of a dataset.</exception>
    /// <remarks>Implements: <c>zfs clone</c>, zfs-clone(8).</remarks>
    public async Task<VolumeInfo> CloneAsync(SnapshotRef snapshot, BytePath location, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        string target = location.ToString();
        if (!DatasetName.IsValid(target) || !target.Contains('/'))
        {
            throw new ArgumentException($"'{target}' is not a name for a new dataset; write it as in tank/clone.", nameof(location));
        }

        ulong guid = SnapshotCatalog.GuidOf(snapshot) ?? throw SnapshotCatalog.Missing(snapshot);
        (string name, ShellReply reply) = await Datasets.TryChangeAsync("clone snapshot", snapshot.Volume, script => At(script, snapshot, guid)
            .Text("e=$(zfs clone \"$s\"").Word(target).Text(" 2>&1) || [ \"$(zfs get -Hp -o value origin").Word(target).Text(" 2>/dev/null)\" = \"$s\" ] && case $e in *'already exists'*) false;; esac || { printf '%s\\n' \"$e\" >&2; exit 1; }\n")
            .Text("row").Word(target), cancellationToken).ConfigureAwait(false);
        if (reply.Exit == ZfsShellFunctions.Gone)
        {
            throw await GoneAsync(snapshot, guid, cancellationToken).ConfigureAwait(false);
        }

        byte[] answer = Datasets.Host.Check("clone snapshot", $"{name}@{snapshot.Name ?? snapshot.Id}", reply).Output;
        _ = DatasetTable.ParseFirst(answer, out ReadOnlyMemory<byte> rest);
        return Datasets.Known(DatasetTable.ParseFirst(rest, out _)).Info;
    }

    /// <inheritdoc/>
    /// <remarks>Implements: <c>zfs rollback</c>, zfs-rollback(8); <c>zfs destroy</c>, zfs-destroy(8).</remarks>
    public Task RollbackAsync(SnapshotRef snapshot, RollbackOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(options);
        return _rollback.RunAsync(snapshot, options, cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>Implements: <c>zfs hold</c>, zfs-hold(8).</remarks>
    public async Task HoldAsync(SnapshotRef snapshot, string owner, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        SnapshotName.Require(owner);
        ulong guid = SnapshotCatalog.GuidOf(snapshot) ?? throw SnapshotCatalog.Missing(snapshot);
        (string name, ShellReply reply) = await Datasets.TryChangeAsync("hold snapshot", snapshot.Volume, script => Tag(At(script, snapshot, guid), owner)
            .Text("has || zfs hold \"$t\" \"$s\" || has"), cancellationToken).ConfigureAwait(false);
        if (reply.Exit == ZfsShellFunctions.Gone)
        {
            throw await GoneAsync(snapshot, guid, cancellationToken).ConfigureAwait(false);
        }

        Datasets.Host.Check("hold snapshot", $"{name}@{snapshot.Name ?? snapshot.Id}", reply);
    }

    /// <inheritdoc/>
    /// <remarks>Implements: <c>zfs release</c>, zfs-hold(8).</remarks>
    public async Task ReleaseAsync(SnapshotRef snapshot, string owner, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        SnapshotName.Require(owner);
        if (SnapshotCatalog.GuidOf(snapshot) is not { } guid)
        {
            return;
        }

        (string name, ShellReply reply) = await Datasets.TryChangeAsync("release snapshot", snapshot.Volume, script => Tag(At(script, snapshot, guid), owner)
            .Text("if has; then zfs release \"$t\" \"$s\" || ! has; fi"), cancellationToken).ConfigureAwait(false);
        if (reply.Exit != ZfsShellFunctions.Gone)
        {
            Datasets.Host.Check("release snapshot", $"{name}@{snapshot.Name ?? snapshot.Id}", reply);
        }
    }

    /// <summary>Begins a script about one snapshot: the variable <c>$s</c> becomes its whole name.</summary>
    internal static Script At(Script script, SnapshotRef snapshot, ulong guid)
        => script.Text("at").Word(guid.ToString(CultureInfo.InvariantCulture)).Word(snapshot.Name is { } name && DatasetName.IsValidPart(name) ? name : "-").Text($" || exit {ZfsShellFunctions.Gone}\n");

    private static Script Tag(Script script, string owner)
        => script.Text("t=").Append(Encoding.ASCII.GetBytes(ZfsShellFunctions.Namespace + owner)).Text("\nhas() { zfs holds -Hp \"$s\" | cut -f 2 | grep -Fxq -- \"$t\"; }\n");

    private static Script Make(Script script, string name, string? labels)
    {
        script.Text("s=$n@").Append(Encoding.ASCII.GetBytes(name)).Text("\ne=$(zfs snapshot");
        if (labels is not null)
        {
            script.Text(" -o").Word($"{ZfsShellFunctions.Namespace}labels={labels}");
        }

        // Who came first has made it; that is success, too.
        return script.Text(" \"$s\" 2>&1) || zfs list -H -t snapshot -o name \"$s\" >/dev/null 2>&1 || { printf '%s\\n' \"$e\" >&2; exit 1; }\nfull \"$n\"");
    }

    private async Task<SnapshotListing> ListingAsync(VolumeRef volume, CancellationToken cancellationToken)
        => SnapshotListing.Parse(await Datasets.AskAsync("list snapshots", volume, static script => script.Text("full \"$n\""), cancellationToken).ConfigureAwait(false));

    private async Task<IReadOnlyList<SnapshotListing>> ListingsAsync(CancellationToken cancellationToken)
    {
        Script script = new Script().Text("command -v zfs >/dev/null || exit 127; zfs list -Hp -t filesystem,volume -o \"$ds\" || exit 1; printf '\\0'; l=$(zfs list -Hp -t snapshot,bookmark -o \"$sn\") || exit 1; told \"$l\"");
        byte[] answer = await Datasets.Host.AskAsync("list snapshots", Datasets.Host.Runner.Host, script, cancellationToken).ConfigureAwait(false);
        int end = Array.IndexOf(answer, (byte)0);
        List<Dataset> datasets = DatasetTable.Parse(answer.AsMemory(0, Math.Max(0, end)));
        return SnapshotListing.ParseMany(datasets, answer.AsMemory(end + 1));
    }

    private async Task<StorageEngineException> GoneAsync(SnapshotRef snapshot, ulong guid, CancellationToken cancellationToken)
        => await catalog.WhereAsync(snapshot, guid, await Datasets.RequireAsync(snapshot.Volume, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
}
