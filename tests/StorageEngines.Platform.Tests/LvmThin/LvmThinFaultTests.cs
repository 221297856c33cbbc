namespace StorageEngines.Platform.Tests.LvmThin;

/// <summary>What goes wrong is told, and leaves nothing; and what is special in LVM.</summary>
[Collection(LvmThinTests.Name)]
public sealed class LvmThinFaultTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_mounted_file_system_is_at_rest_in_the_snapshot_and_keeps_the_volume_from_being_rolled_back()
    {
        await using LvmScene scene = await LvmScene.OpenAsync();
        VolumeInfo volume = await scene.VolumeAsync(512);
        SnapshotInfo idle = await scene.SnapshotAsync(volume, "idle");
        Assert.Equal(Consistency.Crash, idle.Consistency);
        StorageEngineException least = await Assert.ThrowsAnyAsync<StorageEngineException>(
            () => scene.Snapshots.CreateAsync(new CreateSnapshotRequest(volume.Ref, "least") { MinimumConsistency = Consistency.FileSystem }, Token));
        Assert.Equal((EngineStatus.FailedPrecondition, EngineReason.NotSupported), (least.Status, least.Reason));
        string at = $"/mnt/{ThinPool.NextName()}";
        await scene.Shell.RunAsync($"mkfs.ext4 -q {volume.Location}; mkdir {at}; mount {volume.Location} {at}; echo content >{at}/file", Token);
        try
        {
            SnapshotInfo mounted = await scene.Snapshots.CreateAsync(new CreateSnapshotRequest(volume.Ref, "mounted") { MinimumConsistency = Consistency.FileSystem }, Token);
            Assert.Equal(Consistency.FileSystem, mounted.Consistency);
            Assert.Equal(Consistency.FileSystem, (await scene.Snapshots.GetAsync(mounted.Ref, Token)).Consistency);
            SnapshotInUseException busy = await Assert.ThrowsAsync<SnapshotInUseException>(() => scene.Snapshots.RollbackAsync(idle.Ref, new RollbackOptions(), Token));
            Assert.Equal(EngineReason.SnapshotBusy, busy.Reason);

            // Not even the journal needs to be played: the kernel had brought it to rest.
            string name = await NameAsync(scene, mounted);
            string told = await scene.Shell.RunAsync($"lvchange -qq -ay -K {name}; dumpe2fs -h /dev/{name} 2>/dev/null | grep features; debugfs -R 'cat file' /dev/{name} 2>/dev/null; lvchange -qq -an {name}", Token);
            Assert.DoesNotContain("needs_recovery", told, StringComparison.Ordinal);
            Assert.EndsWith("content\n", told, StringComparison.Ordinal);
            Assert.Contains("needs_recovery", await scene.Shell.RunAsync($"dumpe2fs -h {volume.Location} 2>/dev/null | grep features", Token), StringComparison.Ordinal);
        }
        finally
        {
            await scene.Shell.RunAsync($"umount {at}; rmdir {at}", CancellationToken.None);
        }
    }

    [Fact]
    public async Task Roll_backs_back_and_forth_keep_every_snapshot_and_the_volumes_id()
    {
        await using LvmScene scene = await LvmScene.OpenAsync();
        VolumeInfo volume = await scene.VolumeAsync(4);
        await scene.Shell.RunAsync($"lvchange -qq --addtag theirs {volume.Ref.Name}", Token);
        await scene.FillAsync(volume, 0, 'a');
        SnapshotInfo first = await scene.SnapshotAsync(volume, "first");
        await scene.FillAsync(volume, 1, 'b');
        string foreign = $"{volume.Ref.Name}-by-hand";
        await scene.Shell.RunAsync($"lvcreate -qq -s -pr -n {foreign.Split('/')[1]} {volume.Ref.Name}", Token);
        await scene.FillAsync(volume, 2, 'c');
        SnapshotInfo last = await scene.SnapshotAsync(volume, "last");
        await scene.Snapshots.RollbackAsync(first.Ref, new RollbackOptions(), Token);
        Assert.Equal("a...", await scene.SeenAsync(volume.Location.ToString()));
        await scene.Snapshots.RollbackAsync(last.Ref, new RollbackOptions(SafetySnapshotName: "safety"), Token);
        Assert.Equal("abc.", await scene.SeenAsync(volume.Location.ToString()));
        Assert.Equal(volume.Ref, (await scene.Engine.ResolveVolumeAsync(volume.Location, Token)).Ref);
        List<SnapshotInfo> all = await ListAsync(scene, volume);
        Assert.Equal(["first", foreign.Split('/')[1], "last", "safety"], all.Select(each => each.Ref.Name));
        Assert.Equal("1+1 Data", await scene.DeltaAsync(all[0], all[1]));
        Assert.Equal("1+2 Zero", await scene.DeltaAsync(all[2], all[3]));
        Assert.Contains("theirs", await scene.Shell.RunAsync($"lvs --noheadings -o lv_tags {volume.Ref.Name}", Token), StringComparison.Ordinal);
        Assert.Equal(0, await scene.LeftoversAsync());
    }

    [Fact]
    public async Task A_roll_back_that_was_killed_between_its_renames_is_finished_by_the_next_change()
    {
        await using LvmScene scene = await LvmScene.OpenAsync();
        VolumeInfo volume = await scene.VolumeAsync(4);
        await scene.FillAsync(volume, 0, 'a');
        SnapshotInfo snapshot = await scene.SnapshotAsync(volume, "first");
        await scene.FillAsync(volume, 0, 'b');
        string name = volume.Ref.Name!.Split('/')[1];
        await scene.Shell.RunAsync(
            $"lvchange -qq -an {volume.Ref.Name}; lvcreate -qq -s -an -kn -prw -n seng-new-{name} --addtag seng.id:{volume.Ref.Id} {await NameAsync(scene, snapshot)}; lvrename -qq {ThinPool.Group} {name} seng-old-{name}", Token);
        Assert.Equal(snapshot.Ref, Assert.Single(await ListAsync(scene, volume)).Ref);
        StorageEngineException told = await Assert.ThrowsAnyAsync<StorageEngineException>(() => scene.SnapshotAsync(volume, "second"));
        Assert.Equal((EngineStatus.Aborted, true), (told.Status, told.IsTransient));
        Assert.Equal("a...", await scene.SeenAsync(volume.Location.ToString()));
        SnapshotInfo second = await scene.SnapshotAsync(volume, "second");
        Assert.Equal("", await scene.DeltaAsync(snapshot, second));
        Assert.Equal(0, await scene.LeftoversAsync());
    }

    [Fact]
    public async Task What_a_volume_shows_again_after_it_was_cut_and_grew_is_told()
    {
        await using LvmScene scene = await LvmScene.OpenAsync();
        VolumeInfo volume = await scene.VolumeAsync(8);
        await scene.FillAsync(volume, 2, 'a');
        await scene.FillAsync(volume, 6, 'b');
        await scene.Shell.RunAsync($"lvreduce -qq -f -y --fs ignore -L {4 * ThinPool.Chunk}b {volume.Ref.Name}", Token);
        SnapshotInfo small = await scene.SnapshotAsync(volume, "small");
        await scene.Shell.RunAsync($"lvextend -qq -y --fs ignore -L {8 * ThinPool.Chunk}b {volume.Ref.Name}", Token);
        SnapshotInfo large = await scene.SnapshotAsync(volume, "large");
        Assert.Equal("..a...b.", await scene.SeenAsync(volume.Location.ToString()));
        Assert.Equal("4+2 Zero, 6+1 Data, 7+1 Zero", await scene.DeltaAsync(small, large));
    }

    [Fact]
    public async Task A_snapshot_that_is_open_is_not_deleted_and_labels_hold_any_text()
    {
        await using LvmScene scene = await LvmScene.OpenAsync();
        VolumeInfo volume = await scene.VolumeAsync(4);
        var labels = new Dictionary<string, string> { ["größe"] = "a=b, \"c\" 'd' \\ \n €", ["long"] = new string('ü', 1000) };
        SnapshotInfo snapshot = await scene.Snapshots.CreateAsync(new CreateSnapshotRequest(volume.Ref, "labelled") { Labels = labels }, Token);
        Assert.Equal(labels, (await scene.Snapshots.GetAsync(snapshot.Ref, Token)).Labels);
        string name = await NameAsync(scene, snapshot);
        await scene.Shell.RunAsync($"lvchange -qq -ay -K {name}; sleep 300 </dev/{name} >/dev/null 2>&1 3>&- & echo $! >/tmp/open-{volume.Ref.Id}; until dmsetup info -c --noheadings -o open $(readlink -f /dev/{name}) | grep -q 1; do :; done", Token);
        try
        {
            SnapshotInUseException busy = await Assert.ThrowsAsync<SnapshotInUseException>(() => scene.Snapshots.DeleteAsync(snapshot.Ref, cancellationToken: Token));
            Assert.Equal(EngineReason.SnapshotBusy, busy.Reason);
            Assert.Equal(snapshot.Ref, Assert.Single(await ListAsync(scene, volume)).Ref);
        }
        finally
        {
            await scene.Shell.RunAsync($"kill $(cat /tmp/open-{volume.Ref.Id}); rm /tmp/open-{volume.Ref.Id}", CancellationToken.None);
        }

        await scene.Snapshots.DeleteAsync(snapshot.Ref, cancellationToken: Token);
        Assert.Empty(await ListAsync(scene, volume));
    }

    [Fact]
    public async Task A_snapshot_that_is_read_is_switched_off_when_the_connection_is_cut()
    {
        await using LvmScene scene = await LvmScene.OpenAsync();
        VolumeInfo volume = await scene.VolumeAsync(4);
        await scene.FillAsync(volume, 0, 'a');
        SnapshotInfo snapshot = await scene.SnapshotAsync(volume, "read");
        Stream stream = await scene.Engine.Feature<ISnapshotReader>()!.OpenReadAsync(snapshot.Ref, null, Token);
        var bytes = new byte[10];
        await stream.ReadExactlyAsync(bytes, Token);
        Assert.Equal("aaaaaaaaaa"u8.ToArray(), bytes);
        Assert.Equal("1", (await scene.Shell.RunAsync("dmsetup ls | grep -c 'lvm-seng--'", Token)).Trim());
        await scene.CutAsync();
        Assert.Equal(0, await scene.LeftoversAsync());
        await stream.DisposeAsync();
    }

    [Fact]
    public async Task A_login_that_is_not_root_is_told_so()
    {
        await using LvmScene scene = await LvmScene.OpenAsync("tester");
        foreach (Func<Task> call in new Func<Task>[] { async () => await scene.Engine.ProbeAsync(Token), async () => await scene.Engine.ResolveVolumeAsync(ThinPool.Path("any"), Token) })
        {
            StorageEngineException denied = await Assert.ThrowsAnyAsync<StorageEngineException>(call);
            Assert.Equal(EngineStatus.PermissionDenied, denied.Status);
        }
    }

    private static async Task<List<SnapshotInfo>> ListAsync(LvmScene scene, VolumeInfo volume)
    {
        var all = new List<SnapshotInfo>();
        await foreach (SnapshotInfo each in scene.Snapshots.ListAsync(volume.Ref, null, Token))
        {
            all.Add(each);
        }

        return all;
    }

    private static async Task<string> NameAsync(LvmScene scene, SnapshotInfo snapshot)
        => (await scene.Shell.RunAsync($"lvs --noheadings -o lv_full_name -S lv_uuid={snapshot.Ref.Id} {ThinPool.Group}", Token)).Trim();
}
