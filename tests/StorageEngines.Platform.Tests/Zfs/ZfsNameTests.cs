using System.Globalization;
using StorageEngines.Zfs;
using StorageEngines.Zfs.Datasets;
using StorageEngines.Zfs.Snapshots;

namespace StorageEngines.Platform.Tests.Zfs;

/// <summary>How volumes and snapshots are found: by name, by path, by device, and by guid after renames and promotions.</summary>
public sealed class ZfsNameTests(ZfsPoolFixture fixture) : IClassFixture<ZfsPoolFixture>
{
    private readonly ZfsPool _pool = fixture.Pool;
    private readonly ZfsStorageEngine _engine = fixture.Engine;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_volume_is_found_by_name_path_and_device()
    {
        string p = _pool.Name;
        await _pool.RunAsync($"zfs create {p}/a; zfs create '{p}/a/with blank'; zfs create -s -V 16M {p}/v; mkdir /{p}/a/dir; ln -s /{p}/a /{p}/link", Token);
        EngineProbe probe = await _engine.ProbeAsync(Token);
        Assert.StartsWith("zfs-", probe.Version, StringComparison.Ordinal);
        VolumeInfo tree = await ResolveAsync($"{p}/a"), zvol = await ResolveAsync($"{p}/v");
        Assert.Equal((VolumeKind.Tree, (long?)null, $"{p}/a"), (tree.Kind, tree.CapacityBytes, tree.Location.ToString()));
        Assert.Equal((VolumeKind.Block, 16L << 20), (zvol.Kind, zvol.CapacityBytes));
        Assert.Equal(tree.Ref, (await ResolveAsync($"/{p}/a")).Ref);
        Assert.Equal(tree.Ref, (await ResolveAsync($"/{p}/link")).Ref);
        Assert.Equal(zvol.Ref, (await ResolveAsync($"/{p}/v")).Ref); // As an address with a host writes it.
        Assert.Equal(zvol.Ref, (await ResolveAsync($"/dev/zvol/{p}/v")).Ref);
        string device = (await _pool.RunAsync($"readlink -f /dev/zvol/{p}/v", Token)).Trim();
        Assert.Equal(zvol.Ref, (await ResolveAsync(device)).Ref);
        Assert.Equal($"{p}/a/with blank", (await ResolveAsync($"{p}/a/with blank")).Ref.Name);
        var within = await Assert.ThrowsAsync<StorageEngineException>(() => ResolveAsync($"/{p}/a/dir"));
        Assert.Contains($"within the dataset '{p}/a'", within.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<VolumeNotFoundException>(() => ResolveAsync($"{p}/nope"));
        await Assert.ThrowsAsync<VolumeNotFoundException>(() => ResolveAsync($"/{p}x/nope"));
        await Assert.ThrowsAsync<VolumeNotFoundException>(() => ResolveAsync("seng-test-nopool/x"));
        await Assert.ThrowsAsync<VolumeNotFoundException>(() => ResolveAsync($"{p}/a@b"));
        List<VolumeInfo> all = [];
        await foreach (VolumeInfo each in _engine.ListVolumesAsync(Token))
        {
            all.Add(each);
        }

        Assert.Superset(new HashSet<string?> { p, $"{p}/a", $"{p}/a/with blank", $"{p}/v" }, all.Select(each => each.Ref.Name).ToHashSet());
        Assert.Equal([VolumeClaim.Native, VolumeClaim.Inside, VolumeClaim.None, VolumeClaim.Native], [await ClaimAsync($"/{p}/a"), await ClaimAsync($"/{p}/a/dir"), await ClaimAsync("/proc"), await ClaimAsync(device)]);
    }

    [Fact]
    public async Task A_path_that_means_two_datasets_is_refused()
    {
        string p = _pool.Name;
        await _pool.RunAsync($"zfs create -o mountpoint=/{p}/two {p}/one; zfs create -o mountpoint=none {p}/two", Token);
        var error = await Assert.ThrowsAsync<StorageEngineException>(() => ResolveAsync($"/{p}/two"));
        Assert.Contains($"{p}/one", error.Message, StringComparison.Ordinal);
        Assert.Equal($"{p}/two", (await ResolveAsync($"{p}/two")).Ref.Name);
    }

    [Fact]
    public async Task Ids_outlive_names()
    {
        string p = _pool.Name;
        await _pool.RunAsync($"zfs create -s -V 16M {p}/old; zfs snapshot {p}/old@a; zfs snapshot {p}/old@b", Token);
        VolumeRef volume = (await ResolveAsync($"{p}/old")).Ref;
        SnapshotTable table = await _engine.Catalog.TableAsync(volume, Token);
        ZfsSnapshot a = table.Snapshots[0], b = table.Snapshots[1];
        await _pool.RunAsync($"zfs rename {p}/old {p}/new; zfs rename {p}/new@a {p}/new@first; zfs create {p}/old", Token);
        ZfsSnapshot found = await _engine.Catalog.RequireAsync(a.Ref, Token);
        Assert.Equal(($"{p}/new@first", a.Guid, a.Token), (found.FullName, found.Guid, found.Token));
        Assert.Equal($"{p}/new@b", (await _engine.Catalog.RequireAsync(b.Ref, Token)).FullName);
        await _pool.RunAsync($"zfs destroy -r {p}/new", Token);
        Assert.Equal(EngineReason.VolumeReplaced, (await Assert.ThrowsAsync<VolumeNotFoundException>(() => _engine.Catalog.RequireAsync(b.Ref, Token))).Reason);
        await _pool.RunAsync($"zfs destroy -r {p}/old", Token);
        Assert.Equal(EngineReason.VolumeMissing, (await Assert.ThrowsAsync<VolumeNotFoundException>(() => _engine.Catalog.RequireAsync(b.Ref, Token))).Reason);
    }

    [Fact]
    public async Task A_pair_is_found_with_its_snapshot_its_bookmark_or_not()
    {
        string p = _pool.Name;
        await _pool.RunAsync($"zfs create -s -V 16M {p}/pair; zfs snapshot {p}/pair@a; zfs set volsize=32M {p}/pair; zfs snapshot {p}/pair@b; zfs bookmark {p}/pair@a '{p}/pair#mark'; zfs create -s -V 16M {p}/other; zfs snapshot {p}/other@b", Token);
        SnapshotTable table = await _engine.Catalog.TableAsync((await ResolveAsync($"{p}/pair")).Ref, Token);
        ZfsSnapshot a = table.Snapshots[0], b = table.Snapshots[1];
        SnapshotPair pair = await _engine.Catalog.PairAsync(a.Token, b.Ref, Token);
        Assert.Equal((a.FullName, a.Guid, b.Guid, 16L << 20, 32L << 20), (pair.Base.SendName, pair.Base.Guid, pair.Target.Guid, pair.Base.VolumeBytes, pair.Target.VolumeBytes));
        Assert.Equal(EngineReason.WrongOrder, (await Assert.ThrowsAsync<LineageBrokenException>(() => _engine.Catalog.PairAsync(b.Token, a.Ref, Token))).Reason);
        await _pool.RunAsync($"zfs destroy {p}/pair@a", Token);
        pair = await _engine.Catalog.PairAsync(a.Token, b.Ref, Token);
        Assert.Equal(($"{p}/pair#mark", a.Guid, null, 16L << 20), (pair.Base.SendName, pair.Base.Guid, pair.Base.Snapshot, pair.Base.VolumeBytes));
        await _pool.RunAsync($"zfs destroy '{p}/pair#mark'", Token);
        Assert.Equal(EngineReason.BaseMissing, (await Assert.ThrowsAsync<ChangeTrackingUnavailableException>(() => _engine.Catalog.PairAsync(a.Token, b.Ref, Token))).Reason);
        ZfsSnapshot other = (await _engine.Catalog.TableAsync((await ResolveAsync($"{p}/other")).Ref, Token)).Snapshots[0];
        Assert.Equal(EngineReason.UnrelatedSnapshots, (await Assert.ThrowsAsync<LineageBrokenException>(() => _engine.Catalog.PairAsync(b.Token, other.Ref, Token))).Reason);
        await Assert.ThrowsAsync<SnapshotNotFoundException>(() => _engine.Catalog.RequireAsync(a.Ref, Token));
    }

    [Fact]
    public async Task After_a_promotion_bases_are_found_and_snapshots_say_where_they_are()
    {
        string p = _pool.Name;
        await _pool.RunAsync($"zfs create {p}/o; zfs snapshot {p}/o@a; zfs snapshot {p}/o@b; zfs clone {p}/o@b {p}/c; zfs snapshot {p}/o@later", Token);
        VolumeRef volume = (await ResolveAsync($"{p}/o")).Ref, clone = (await ResolveAsync($"{p}/c")).Ref;
        IReadOnlyList<ZfsSnapshot> before = (await _engine.Catalog.TableAsync(volume, Token)).Snapshots;
        await _pool.RunAsync($"zfs promote {p}/c; zfs snapshot {p}/c@own", Token);
        Assert.Equal([$"{p}/o@later"], (await _engine.Catalog.TableAsync(volume, Token)).Snapshots.Select(each => each.FullName));
        var moved = await Assert.ThrowsAsync<SnapshotNotFoundException>(() => _engine.Catalog.RequireAsync(before[0].Ref, Token));
        Assert.Contains($"{p}/c@a", moved.Message, StringComparison.Ordinal);
        SnapshotPair old = await _engine.Catalog.PairAsync(before[0].Token, before[2].Ref, Token);
        Assert.Equal(($"{p}/c@a", $"{p}/o@later"), (old.Base.SendName, old.Target.FullName));
        ZfsSnapshot own = (await _engine.Catalog.TableAsync(clone, Token)).Snapshots[^1];
        SnapshotPair mine = await _engine.Catalog.PairAsync(before[0].Token, own.Ref, Token);
        Assert.Equal(($"{p}/c@a", $"{p}/c@own"), (mine.Base.SendName, mine.Target.FullName));
        foreach (SnapshotPair pair in new[] { old, mine })
        {
            string size = await _pool.RunAsync(string.Create(CultureInfo.InvariantCulture, $"zfs send -nP -i '{pair.Base.SendName}' '{pair.Target.FullName}' | tail -n 1"), Token);
            Assert.StartsWith("size\t", size, StringComparison.Ordinal);
        }
    }

    private async Task<VolumeInfo> ResolveAsync(string location) => await _engine.ResolveVolumeAsync(BytePath.FromString(location), Token);

    private async Task<VolumeClaim> ClaimAsync(string path) => await new DatasetCatalog(_engine.Catalog.Datasets.Host).ClaimAsync(BytePath.FromString(path), Token);
}
