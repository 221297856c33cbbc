using StorageEngines.Zfs;

namespace StorageEngines.Platform.Tests.Zfs;

/// <summary>Snapshots, bookmarks, holds, clones and roll backs, beyond what the laws ask for.</summary>
[Trait("Length", "long")]
public sealed class ZfsLifecycleTests(ZfsPoolFixture fixture) : IClassFixture<ZfsPoolFixture>
{
    private readonly ZfsPool _pool = fixture.Pool;
    private readonly ZfsStorageEngine _engine = fixture.Engine;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Flag => $"/tmp/{_pool.Name}.in-use";

    private ISnapshots Snapshots => _engine.Feature<ISnapshots>()!;

    [Fact]
    public async Task A_snapshot_keeps_its_labels_and_knows_its_parent()
    {
        VolumeRef volume = await MakeAsync("zfs create");
        var labels = new Dictionary<string, string> { ["job"] = "nightly ü\n\t'\"", [""] = "" };
        SnapshotInfo a = await Snapshots.CreateAsync(new CreateSnapshotRequest(volume, "a") { Labels = labels }, Token);
        SnapshotInfo b = await CreateAsync(volume, "b");
        Assert.Equal((SnapshotState.Ready, Consistency.Crash, null), (a.State, a.Consistency, a.ParentId));
        Assert.Equal(labels, a.Labels); // in whatever order
        Assert.Equal(a.Ref.Id, b.ParentId);
        Assert.Equal(labels, (await Snapshots.GetAsync(a.Ref, Token)).Labels);
        await _pool.RunAsync($"zfs set storage-engines:labels=garbage {volume.Name}@b", Token);
        Assert.Single((await Snapshots.GetAsync(b.Ref, Token)).Warnings);
        await Assert.ThrowsAsync<ArgumentException>(() => Snapshots.CreateAsync(new CreateSnapshotRequest(volume, "c") { Labels = new Dictionary<string, string> { ["x"] = new string('x', 9000) } }, Token));
        var strong = await Assert.ThrowsAsync<StorageEngineException>(() => Snapshots.CreateAsync(new CreateSnapshotRequest(volume, "c") { MinimumConsistency = Consistency.FileSystem }, Token));
        Assert.Equal(EngineStatus.FailedPrecondition, strong.Status);
    }

    [Theory]
    [InlineData("zfs create")]
    [InlineData("zfs create -s -V 16M")]
    public async Task Without_its_data_a_snapshot_is_a_bookmark_and_its_token_the_same(string make)
    {
        VolumeRef volume = await MakeAsync(make);
        SnapshotInfo a = await CreateAsync(volume, "a");
        SnapshotInfo b = await CreateAsync(volume, "b");
        await Snapshots.DeleteAsync(a.Ref, DeleteMode.DataOnly, Token);
        await Snapshots.DeleteAsync(a.Ref, DeleteMode.DataOnly, Token);
        List<SnapshotInfo> all = await ListAsync(volume);
        Assert.Equal([(a.Ref, "a", SnapshotState.MetadataOnly), (b.Ref, "b", SnapshotState.Ready)], all.Select(each => (each.Ref, each.Ref.Name!, each.State)));
        Assert.Equal((a.ChangeToken, a.SizeBytes, a.CreatedAt), (all[0].ChangeToken, all[0].SizeBytes, all[0].CreatedAt));
        Assert.Equal(a.Ref.Id, all[1].ParentId);
        Assert.Null((await _engine.Catalog.PairAsync(a.ChangeToken!, b.Ref, Token)).Base.Snapshot);
        SnapshotInfo again = await CreateAsync(volume, "a");
        await Snapshots.DeleteAsync(again.Ref, DeleteMode.DataOnly, Token);
        Assert.Equal(["a", "b", "a"], (await ListAsync(volume)).Select(each => each.Ref.Name!));
        await _pool.RunAsync($"zfs bookmark {volume.Name}@b '{volume.Name}#mine'", Token);
        foreach (SnapshotInfo each in new[] { a, b, again })
        {
            await Snapshots.DeleteAsync(each.Ref, DeleteMode.Everything, Token);
            await Snapshots.DeleteAsync(each.Ref, DeleteMode.Everything, Token);
        }

        Assert.Empty(await ListAsync(volume));
        Assert.Equal($"{volume.Name}#mine", (await _pool.RunAsync($"zfs list -H -t bookmark -o name {volume.Name}", Token)).Trim());
    }

    [Fact]
    public async Task What_is_in_the_way_of_a_deletion_is_named_and_leaves_no_bookmark()
    {
        VolumeRef volume = await MakeAsync("zfs create");
        SnapshotInfo a = await CreateAsync(volume, "a");
        await Snapshots.HoldAsync(a.Ref, "owner:1", Token);
        await _pool.RunAsync($"zfs hold other {volume.Name}@a", Token);
        Assert.Equal(["other", "owner:1"], (await Snapshots.GetAsync(a.Ref, Token)).Holds);
        foreach (DeleteMode mode in new[] { DeleteMode.DataOnly, DeleteMode.Everything })
        {
            var held = await Assert.ThrowsAsync<SnapshotInUseException>(() => Snapshots.DeleteAsync(a.Ref, mode, Token));
            Assert.Equal((EngineReason.HeldByOther, "other, owner:1"), (held.Reason, string.Join(", ", held.Blockers.Order(StringComparer.Ordinal))));
        }

        await Snapshots.ReleaseAsync(a.Ref, "owner:1", Token);
        await Snapshots.ReleaseAsync(a.Ref, "other", Token); // Not this engine's: it stays.
        await Assert.ThrowsAsync<SnapshotInUseException>(() => Snapshots.DeleteAsync(a.Ref, DeleteMode.Everything, Token));
        await _pool.RunAsync($"zfs release other {volume.Name}@a", Token);
        string clone = _pool.NextName();
        VolumeInfo cloned = await Snapshots.CloneAsync(a.Ref, BytePath.FromString(clone), null, Token);
        Assert.Equal((clone, VolumeKind.Tree), (cloned.Ref.Name, cloned.Kind));
        foreach (DeleteMode mode in new[] { DeleteMode.DataOnly, DeleteMode.Everything })
        {
            var used = await Assert.ThrowsAsync<SnapshotInUseException>(() => Snapshots.DeleteAsync(a.Ref, mode, Token));
            Assert.Equal((EngineReason.SnapshotBusy, clone), (used.Reason, Assert.Single(used.Blockers)));
        }

        Assert.Equal("", await _pool.RunAsync($"zfs list -H -t bookmark -o name {volume.Name}", Token));
        SnapshotInfo own = await CreateAsync(cloned.Ref, "own");
        Assert.Equal(a.Ref.Id, own.ParentId);
        var taken = await Assert.ThrowsAsync<StorageCommandException>(() => Snapshots.CloneAsync(a.Ref, BytePath.FromString(clone), null, Token));
        Assert.Equal(EngineReason.NameTaken, taken.Reason);
        await Assert.ThrowsAsync<ArgumentException>(() => Snapshots.CloneAsync(a.Ref, BytePath.FromString("/mnt/x"), null, Token));
        Assert.Equal(EngineReason.VolumeMissing, (await Assert.ThrowsAsync<VolumeNotFoundException>(() => Snapshots.CloneAsync(a.Ref, BytePath.FromString("seng-test-none/x"), null, Token))).Reason);
        await _pool.RunAsync($"zfs promote {clone}", Token);
        var moved = await Assert.ThrowsAsync<SnapshotNotFoundException>(() => Snapshots.GetAsync(a.Ref, Token));
        Assert.Contains($"{clone}@a", moved.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<SnapshotNotFoundException>(() => Snapshots.HoldAsync(a.Ref, "x", Token));
    }

    [Fact]
    public async Task A_busy_snapshot_is_not_deleted()
    {
        VolumeRef volume = await MakeAsync("zfs create");
        await _pool.RunAsync($"head -c 2000000 /dev/urandom >/{volume.Name}/more-than-a-pipe-takes", Token);
        SnapshotInfo a = await CreateAsync(volume, "a");
        await _pool.RunAsync($"mkfifo /tmp/{_pool.Name}.fifo; (zfs send {volume.Name}@a > /tmp/{_pool.Name}.fifo) >/dev/null 2>&1 3>&- & exec 8</tmp/{_pool.Name}.fifo; head -c 1 <&8 >/dev/null; sleep 1000 <&8 >/dev/null 2>&1 3>&- & echo $! >/tmp/{_pool.Name}.pid", Token);
        var busy = await Assert.ThrowsAsync<SnapshotInUseException>(() => Snapshots.DeleteAsync(a.Ref, DeleteMode.Everything, Token));
        Assert.Equal(EngineReason.SnapshotBusy, busy.Reason);
        await _pool.RunAsync($"kill $(cat /tmp/{_pool.Name}.pid); rm /tmp/{_pool.Name}.*; i=0; until zfs destroy {volume.Name}@a || [ $i -ge 50 ]; do i=$((i + 1)); sleep 0.1; done", Token);
        await Snapshots.DeleteAsync(a.Ref, DeleteMode.Everything, Token);
    }

    [Fact]
    public async Task A_roll_back_names_what_it_would_destroy_and_destroys_only_that()
    {
        VolumeRef volume = await MakeAsync("zfs create");
        string name = volume.Name!;
        SnapshotInfo a = await CreateAsync(volume, "a"), b = await CreateAsync(volume, "b"), c = await CreateAsync(volume, "c");
        await _pool.RunAsync($"zfs bookmark {name}@b '{name}#b'; zfs bookmark {name}@a '{name}#a'", Token);
        var newer = await Assert.ThrowsAsync<SnapshotInUseException>(() => Snapshots.RollbackAsync(a.Ref, new RollbackOptions(), Token));
        Assert.Equal(EngineReason.NewerSnapshotsExist, newer.Reason);
        Assert.Equal([b.Ref.Id, c.Ref.Id, b.Ref.Id], newer.Blockers);
        Assert.Contains($"{name}@b, {name}@c, {name}#b", newer.Message, StringComparison.Ordinal);
        var safety = await Assert.ThrowsAsync<SnapshotInUseException>(() => Snapshots.RollbackAsync(a.Ref, new RollbackOptions(true, "safe"), Token));
        Assert.Equal(EngineReason.NewerSnapshotsExist, safety.Reason);
        await Snapshots.HoldAsync(c.Ref, "me", Token);
        var held = await Assert.ThrowsAsync<SnapshotInUseException>(() => Snapshots.RollbackAsync(a.Ref, new RollbackOptions(true), Token));
        Assert.Equal((EngineReason.HeldByOther, "me"), (held.Reason, Assert.Single(held.Blockers)));
        await Snapshots.ReleaseAsync(c.Ref, "me", Token);
        VolumeInfo clone = await Snapshots.CloneAsync(b.Ref, BytePath.FromString(_pool.NextName()), null, Token);
        var cloned = await Assert.ThrowsAsync<SnapshotInUseException>(() => Snapshots.RollbackAsync(a.Ref, new RollbackOptions(true), Token));
        Assert.Equal((EngineReason.SnapshotBusy, clone.Ref.Name), (cloned.Reason, Assert.Single(cloned.Blockers)));
        Assert.Equal(3, (await ListAsync(volume)).Count);
        await _pool.RunAsync($"zfs destroy {clone.Ref.Name}; echo new > /{name}/file", Token);
        await Snapshots.RollbackAsync(a.Ref, new RollbackOptions(true), Token);
        Assert.Equal([a.Ref], (await ListAsync(volume)).Select(each => each.Ref));
        Assert.Equal($"{name}#a", (await _pool.RunAsync($"zfs list -H -t bookmark -o name {name}; ls /{name}", Token)).Trim());
    }

    [Theory]
    [InlineData("exec 8</$/file", "process ")]
    [InlineData("cd /$", "process ")]
    [InlineData("truncate -s 1M /$/disk; losetup -f /$/disk", "device loop")]
    public async Task A_file_system_in_use_is_not_rolled_back(string use, string by)
    {
        VolumeRef volume = await MakeAsync("zfs create");
        await _pool.RunAsync($"echo old > /{volume.Name}/file", Token);
        SnapshotInfo a = await CreateAsync(volume, "a");
        await _pool.RunAsync($"echo new > /{volume.Name}/file", Token);
        await UseAsync(use.Replace("$", volume.Name, StringComparison.Ordinal));
        SnapshotInUseException used = await InUseAsync(a);
        Assert.StartsWith(by, Assert.Single(used.Blockers), StringComparison.Ordinal);
        Assert.Equal("new\n", await _pool.RunAsync($"cat /{volume.Name}/file", Token));
        await EndUseAsync();
        await _pool.RunAsync($"for l in $(losetup -n -O NAME,BACK-FILE | awk '/{volume.Name!.Replace("/", "\\/", StringComparison.Ordinal)}/ {{ print $1 }}'); do losetup -d $l; done", Token);
        await WaitAsync(async () => await Record.ExceptionAsync(() => Snapshots.RollbackAsync(a.Ref, new RollbackOptions(), Token)) is null, "the roll back when nobody uses it");
        Assert.Equal("old\n", await _pool.RunAsync($"cat /{volume.Name}/file", Token));
    }

    [Fact]
    public async Task A_zvol_in_use_is_not_rolled_back()
    {
        VolumeRef volume = await MakeAsync("zfs create -s -V 64M");
        string device = $"/dev/zvol/{volume.Name}";
        await WaitAsync(async () => (await _pool.Shell.TryAsync($"[ -b {device} ]", Token)).Code == 0, "the device");
        SnapshotInfo a = await CreateAsync(volume, "a");
        await UseAsync($"exec 8<{device}");
        Assert.StartsWith("process ", (await InUseAsync(a)).Blockers[0], StringComparison.Ordinal);
        await EndUseAsync();
        await _pool.RunAsync($"mkfs.ext4 -q -F {device}; mkdir -p /mnt/{_pool.Name}; mount {device} /mnt/{_pool.Name}", Token);
        SnapshotInUseException mounted = await InUseAsync(a);
        Assert.Contains($"mounted at /mnt/{_pool.Name}", mounted.Blockers);
        await _pool.RunAsync($"umount /mnt/{_pool.Name}; rmdir /mnt/{_pool.Name}; dmsetup create {_pool.Name} --table \"0 8192 linear {device} 0\"", Token);
        Assert.Contains((await InUseAsync(a)).Blockers, each => each.StartsWith("device dm-", StringComparison.Ordinal));
        await _pool.RunAsync($"dmsetup remove --retry {_pool.Name}", Token);
        await WaitAsync(async () => await Record.ExceptionAsync(() => Snapshots.RollbackAsync(a.Ref, new RollbackOptions(), Token)) is null, "the roll back when nobody uses it");
        Assert.Equal("", await _pool.RunAsync($"blkid {device} || :", Token));
    }

    [Fact]
    public async Task A_thousand_snapshots_are_listed_with_one_command()
    {
        string many = (await MakeAsync("zfs create")).Name!;
        await _pool.RunAsync($"for i in $(seq 50); do zfs create -o mountpoint=none {many}/$i; done; for i in $(seq 20); do zfs snapshot -r {many}@s$i; done", Token);
        long trips = _engine.Catalog.Datasets.Host.Shell.Trips;
        List<SnapshotInfo> all = await ListAsync(null);
        List<SnapshotInfo> mine = [.. all.Where(each => each.Ref.Volume.Name!.StartsWith(many, StringComparison.Ordinal))];
        Assert.Equal((1020, trips + 1), (mine.Count, _engine.Catalog.Datasets.Host.Shell.Trips));
        Assert.Equal(1020, mine.Select(each => each.Ref.Id).Distinct().Count());
        Assert.All(mine.GroupBy(each => each.Ref.Volume), volume => Assert.Equal(Enumerable.Range(1, 20).Select(i => $"s{i}"), volume.Select(each => each.Ref.Name!)));
    }

    private async Task<VolumeRef> MakeAsync(string command)
    {
        string name = _pool.NextName();
        await _pool.RunAsync($"{command} {name}", Token);
        return (await _engine.ResolveVolumeAsync(BytePath.FromString(name), Token)).Ref;
    }

    private Task<SnapshotInfo> CreateAsync(VolumeRef volume, string name) => Snapshots.CreateAsync(new CreateSnapshotRequest(volume, name), Token);

    private async Task<List<SnapshotInfo>> ListAsync(VolumeRef? volume)
    {
        List<SnapshotInfo> all = [];
        await foreach (SnapshotInfo each in Snapshots.ListAsync(volume, null, Token))
        {
            all.Add(each);
        }

        return all;
    }

    private Task<SnapshotInUseException> InUseAsync(SnapshotInfo snapshot)
        => Assert.ThrowsAsync<SnapshotInUseException>(() => Snapshots.RollbackAsync(snapshot.Ref, new RollbackOptions(), Token));

    // A process that goes on after the script.
    private Task UseAsync(string use) => _pool.RunAsync(
        $"(set -e; {use}; touch {Flag}; exec sleep 1000) >/dev/null 2>&1 3>&- & echo $! > {Flag}.pid; i=0; until [ -e {Flag} ]; do i=$((i + 1)); [ $i -lt 10000 ]; done", Token);

    private Task EndUseAsync() => _pool.RunAsync($"kill $(cat {Flag}.pid); rm -f {Flag} {Flag}.pid", Token);

    private static async Task WaitAsync(Func<Task<bool>> condition, string what)
    {
        DateTimeOffset end = TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(30);
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetUtcNow() < end, $"Waited 30 s for {what}.");
        }
    }
}
