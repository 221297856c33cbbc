using StorageEngines.Btrfs;

namespace StorageEngines.Platform.Tests.Btrfs.Tough;

/// <summary>Groups with members that cannot be, that vanish, and on a busy machine.</summary>
public sealed class GroupTests : GroupScene
{
    [Fact]
    public async Task A_member_on_another_fileSystem_is_named_and_nothing_is_made()
    {
        using BtrfsLoop other = BtrfsLoop.MakeOrSkip();
        VolumeInfo elsewhere = await Engine.ResolveVolumeAsync(BytePath.FromString(other.MakeSubvolume("seng-test-elsewhere")), Cancel);
        StorageEngineException failure = await Assert.ThrowsAsync<StorageEngineException>(() => Groups.CreateAsync([Members[0].Ref, elsewhere.Ref], "g", Cancel));
        Assert.Equal((EngineStatus.InvalidArgument, EngineReason.NotSupported), (failure.Status, failure.Reason));
        Assert.Contains("another file system", failure.Message, StringComparison.Ordinal);
        Assert.Contains(Members[0].Location.ToString(), failure.Message, StringComparison.Ordinal);
        Assert.Contains(elsewhere.Location.ToString(), failure.Message, StringComparison.Ordinal);
        await AssertNothingAsync();
    }

    [Fact]
    public async Task A_member_that_is_gone_is_named_and_nothing_is_made()
    {
        BtrfsLoop.Btrfs("subvolume", "delete", Members[2].Location.ToString());
        VolumeNotFoundException failure = await Assert.ThrowsAsync<VolumeNotFoundException>(() => Groups.CreateAsync(Refs, "g", Cancel));
        Assert.Contains(Members[2].Location.ToString(), failure.Message, StringComparison.Ordinal);
        await AssertNothingAsync();
    }

    [Fact]
    public async Task A_group_that_lost_a_member_says_so_and_is_not_made_anew_under_its_name()
    {
        GroupSnapshotInfo group = await Groups.CreateAsync(Refs, "g", Cancel);
        Assert.True(group.Complete);
        Assert.Equal(Consistency.Crash, group.Consistency);
        await Engine.Feature<ISnapshots>()!.DeleteAsync(group.Members[1].Ref, DeleteMode.Everything, Cancel);
        GroupSnapshotInfo now = await Groups.GetAsync(group.Id, Cancel);
        Assert.False(now.Complete);
        Assert.Equal(Volumes - 1, now.Members.Count);
        StorageEngineException failure = await Assert.ThrowsAsync<StorageEngineException>(() => Groups.CreateAsync(Refs, "g", Cancel));
        Assert.Equal(EngineStatus.AlreadyExists, failure.Status);
        Assert.Contains(group.Id, failure.Message, StringComparison.Ordinal);
        await Groups.DeleteAsync(group.Id, [.. now.Members.Select(each => each.Ref)], Cancel);
        await AssertNothingAsync();
    }

    [Fact]
    public async Task What_a_kill_left_of_a_group_is_in_nobodys_way()
    {
        GroupSnapshotInfo first = await Groups.CreateAsync(Refs, "first", Cancel);
        string root = Directory.EnumerateDirectories(Path.Combine(Loop.Mount, ".seng-snapshots")).First();
        Directory.CreateDirectory(Path.Combine(root, "g"));
        BtrfsLoop.Btrfs("subvolume", "snapshot", "-r", Members[0].Location.ToString(), Path.Combine(root, "g/.seng-tmp-data"));
        await using var later = new BtrfsStorageEngine(null);
        List<SnapshotInfo> all = await later.Feature<ISnapshots>()!.ListAsync(null, null, Cancel).Where(each => Refs.Contains(each.Ref.Volume)).ToListAsync(Cancel);
        Assert.Equal(first.Members.Select(each => each.Ref.Id).Order(), all.Select(each => each.Ref.Id).Order());
        foreach (VolumeInfo volume in Members)
        {
            await later.ResolveVolumeAsync(volume.Location, Cancel);
        }

        Assert.True((await later.Feature<IGroupSnapshots>()!.CreateAsync(Refs, "g", Cancel)).Complete);
        Assert.Empty(Stage.Leftovers(Loop.Mount));
    }

    /// <summary>The writer makes each number durable before it goes on to the next volume; others fill the page cache and the disk meanwhile.</summary>
    [Fact]
    public async Task Under_load_a_group_is_of_one_instant_or_is_refused()
    {
        int cuts = int.TryParse(Environment.GetEnvironmentVariable("SENG_BTRFS_GROUPS"), out int wanted) ? wanted : 3, refused = 0;
        using var stop = new CancellationTokenSource();
        Task[] load = [Task.Run(() => WriteAll(stop.Token), Cancel), Task.Run(() => Fill(0, stop.Token), Cancel), Task.Run(() => Fill(1, stop.Token), Cancel)];
        try
        {
            for (int cut = 0; cut < cuts; cut++)
            {
                try
                {
                    GroupSnapshotInfo group = await Groups.CreateAsync(Refs, "g", Cancel);
                    AssertOneInstant(group, cut);
                    await Groups.DeleteAsync(group.Id, [.. group.Members.Select(each => each.Ref)], Cancel);
                }
                catch (StorageEngineException e) when (e.Reason == EngineReason.GroupNotConsistent)
                {
                    refused++;
                    await AssertNothingAsync();
                }
            }
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(load);
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{cuts} cuts, {refused} refused");
        await AssertNothingAsync();
    }

    private async Task AssertNothingAsync()
    {
        Assert.Empty(await Engine.Feature<ISnapshots>()!.ListAsync(null, null, Cancel).Where(each => Refs.Contains(each.Ref.Volume)).ToListAsync(Cancel));
        Assert.Empty(Stage.Leftovers(Loop.Mount));
    }

    private void Fill(int volume, CancellationToken stop)
    {
        byte[] bytes = new byte[1 << 20];
        new Random(volume).NextBytes(bytes);
        using FileStream file = File.Create(Path.Combine(Members[volume].Location.ToString(), "load"), 0);
        while (!stop.IsCancellationRequested)
        {
            file.Position = file.Position >= 128 << 20 ? 0 : file.Position;
            file.Write(bytes);
        }
    }
}
