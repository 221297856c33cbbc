using System.Buffers.Binary;
using StorageEngines.Btrfs;

namespace StorageEngines.Platform.Tests.Btrfs.Tough;

/// <summary>Groups with members that cannot be, that vanish, and on a busy machine.</summary>
public sealed class GroupTests : IAsyncLifetime
{
    private const int Volumes = 4;

    private readonly BtrfsLoop _system = BtrfsLoop.MakeOrSkip();
    private readonly BtrfsStorageEngine _engine = new(null);
    private readonly List<VolumeInfo> _volumes = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private IGroupSnapshots Groups => _engine.Feature<IGroupSnapshots>()!;

    private List<VolumeRef> Refs => [.. _volumes.Select(each => each.Ref)];

    public async ValueTask InitializeAsync()
    {
        for (int i = 0; i < Volumes; i++)
        {
            _volumes.Add(await _engine.ResolveVolumeAsync(BytePath.FromString(_system.MakeSubvolume($"seng-test-{i}")), Cancel));
            Write(i, 0);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        _system.Dispose();
    }

    [Fact]
    public async Task A_member_on_another_file_system_is_named_and_nothing_is_made()
    {
        using BtrfsLoop other = BtrfsLoop.MakeOrSkip();
        VolumeInfo elsewhere = await _engine.ResolveVolumeAsync(BytePath.FromString(other.MakeSubvolume("seng-test-elsewhere")), Cancel);
        StorageEngineException failure = await Assert.ThrowsAsync<StorageEngineException>(() => Groups.CreateAsync([_volumes[0].Ref, elsewhere.Ref], "g", Cancel));
        Assert.Equal((EngineStatus.InvalidArgument, EngineReason.NotSupported), (failure.Status, failure.Reason));
        Assert.Contains("another file system", failure.Message, StringComparison.Ordinal);
        Assert.Contains(_volumes[0].Location.ToString(), failure.Message, StringComparison.Ordinal);
        Assert.Contains(elsewhere.Location.ToString(), failure.Message, StringComparison.Ordinal);
        await AssertNothingAsync();
    }

    [Fact]
    public async Task A_member_that_is_gone_is_named_and_nothing_is_made()
    {
        BtrfsLoop.Btrfs("subvolume", "delete", _volumes[2].Location.ToString());
        VolumeNotFoundException failure = await Assert.ThrowsAsync<VolumeNotFoundException>(() => Groups.CreateAsync(Refs, "g", Cancel));
        Assert.Contains(_volumes[2].Location.ToString(), failure.Message, StringComparison.Ordinal);
        await AssertNothingAsync();
    }

    [Fact]
    public async Task A_group_that_lost_a_member_says_so_and_is_not_made_anew_under_its_name()
    {
        GroupSnapshotInfo group = await Groups.CreateAsync(Refs, "g", Cancel);
        Assert.True(group.Complete);
        Assert.Equal(Consistency.Crash, group.Consistency);
        await _engine.Feature<ISnapshots>()!.DeleteAsync(group.Members[1].Ref, DeleteMode.Everything, Cancel);
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
        string root = Directory.EnumerateDirectories(Path.Combine(_system.Mount, ".seng-snapshots")).First();
        Directory.CreateDirectory(Path.Combine(root, "g"));
        BtrfsLoop.Btrfs("subvolume", "snapshot", "-r", _volumes[0].Location.ToString(), Path.Combine(root, "g/.seng-tmp-data"));
        await using var later = new BtrfsStorageEngine(null);
        List<SnapshotInfo> all = await later.Feature<ISnapshots>()!.ListAsync(null, null, Cancel).Where(each => Refs.Contains(each.Ref.Volume)).ToListAsync(Cancel);
        Assert.Equal(first.Members.Select(each => each.Ref.Id).Order(), all.Select(each => each.Ref.Id).Order());
        foreach (VolumeInfo volume in _volumes)
        {
            await later.ResolveVolumeAsync(volume.Location, Cancel);
        }

        Assert.True((await later.Feature<IGroupSnapshots>()!.CreateAsync(Refs, "g", Cancel)).Complete);
        Assert.Empty(Stage.Leftovers(_system.Mount));
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
                    long[] seen = [.. _volumes.Select(volume => Read(group.Members.Single(member => member.Ref.Volume == volume.Ref)))];
                    for (int i = 1; i < Volumes; i++)
                    {
                        Assert.True(seen[i] <= seen[i - 1] && seen[i] >= seen[0] - 1, $"Cut {cut}: {string.Join(' ', seen)}.");
                    }

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
        Assert.Empty(await _engine.Feature<ISnapshots>()!.ListAsync(null, null, Cancel).Where(each => Refs.Contains(each.Ref.Volume)).ToListAsync(Cancel));
        Assert.Empty(Stage.Leftovers(_system.Mount));
    }

    private void WriteAll(CancellationToken stop)
    {
        for (long number = 1; !stop.IsCancellationRequested; number++)
        {
            for (int i = 0; i < Volumes; i++)
            {
                Write(i, number);
            }
        }
    }

    private void Fill(int volume, CancellationToken stop)
    {
        byte[] bytes = new byte[1 << 20];
        new Random(volume).NextBytes(bytes);
        using FileStream file = File.Create(Path.Combine(_volumes[volume].Location.ToString(), "load"), 0);
        while (!stop.IsCancellationRequested)
        {
            file.Position = file.Position >= 128 << 20 ? 0 : file.Position;
            file.Write(bytes);
        }
    }

    private void Write(int volume, long number)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        using var file = new FileStream(Path.Combine(_volumes[volume].Location.ToString(), "f"), FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite, 0, FileOptions.WriteThrough);
        file.Write(bytes);
    }

    private long Read(SnapshotInfo member)
    {
        using Stream stream = _engine.Feature<ISnapshotReader>()!.OpenReadAsync(member.Ref, BytePath.FromString("f"), Cancel).AsTask().Result;
        byte[] bytes = new byte[8];
        stream.ReadExactly(bytes);
        return BinaryPrimitives.ReadInt64LittleEndian(bytes);
    }
}
