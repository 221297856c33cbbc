using StorageEngines.Zfs;
using StorageEngines.Zfs.Snapshots;

namespace StorageEngines.Platform.Tests.Zfs;

/// <summary>Groups of many volumes, and what no group can be made of.</summary>
[Trait("Length", "long")]
public sealed class ZfsGroupTests(ZfsPoolFixture fixture) : IClassFixture<ZfsPoolFixture>
{
    private readonly ZfsPool _pool = fixture.Pool;
    private readonly ZfsStorageEngine _engine = fixture.Engine;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IGroupSnapshots Groups => _engine.Feature<IGroupSnapshots>()!;

    [Fact]
    public async Task Sixty_four_volumes_are_cut_in_one_transaction_group()
    {
        List<VolumeRef> volumes = await MakeAsync(48, 16);
        long trips = _engine.Catalog.Datasets.Host.Shell.Trips;
        GroupSnapshotInfo group = await Groups.CreateAsync(volumes, "many", Token);
        Assert.InRange(_engine.Catalog.Datasets.Host.Shell.Trips - trips, 1, 3); // One looks for them, one sees whether the shell is there, one cuts.
        Assert.Equal((64, true, Consistency.Crash), (group.Members.Count, group.Complete, group.Consistency));
        Assert.Single(group.Members.Select(each => ZfsToken.Parse(each.ChangeToken!).CreateTxg).Distinct());
        Assert.Equal(volumes.ToHashSet(), group.Members.Select(each => each.Ref.Volume).ToHashSet());
        GroupSnapshotInfo again = await Groups.CreateAsync([.. volumes.AsEnumerable().Reverse()], "many", Token);
        Assert.Equal((group.Id, 64), (again.Id, again.Members.Select(each => each.Ref).Intersect(group.Members.Select(each => each.Ref)).Count()));
        GroupSnapshotInfo found = await Groups.GetAsync(group.Id, Token);
        Assert.Equal((64, true, "many"), (found.Members.Count, found.Complete, found.Name));
        var wrong = await Assert.ThrowsAsync<StorageEngineException>(() => Groups.DeleteAsync(group.Id, [group.Members[0].Ref], Token));
        Assert.Equal(EngineStatus.InvalidArgument, wrong.Status);
        await _pool.RunAsync($"zfs rename {volumes[3].Name}@many @renamed", Token);
        await Groups.DeleteAsync(group.Id, [.. group.Members.Select(each => each.Ref)], Token);
        Assert.Equal("", await _pool.RunAsync($"zfs list -H -o name -t snapshot -r {_pool.Name} | grep -e @many -e @renamed || :", Token));
        await Groups.DeleteAsync(group.Id, [.. group.Members.Select(each => each.Ref)], Token);
        await Assert.ThrowsAsync<SnapshotNotFoundException>(() => Groups.GetAsync(group.Id, Token));
    }

    [Fact]
    public async Task Two_pools_have_no_common_instant()
    {
        await using ZfsPool other = await ZfsPool.CreateAsync(Token, "64M");
        List<VolumeRef> volumes = await MakeAsync(1, 1);
        volumes.Add((await _engine.ResolveVolumeAsync(BytePath.FromString(other.Name), Token)).Ref);
        var error = await Assert.ThrowsAsync<StorageEngineException>(() => Groups.CreateAsync(volumes, "g", Token));
        Assert.Equal((EngineStatus.FailedPrecondition, EngineReason.GroupNotConsistent), (error.Status, error.Reason));
        Assert.Contains("transaction groups of its own", error.Message, StringComparison.Ordinal);
        Assert.Equal("", await _pool.RunAsync($"zfs list -H -o name -t snapshot {string.Join(' ', volumes.Select(each => each.Name))}", Token));
    }

    [Fact]
    public async Task A_name_that_is_taken_a_member_that_is_gone_and_one_that_is_held_are_told()
    {
        List<VolumeRef> volumes = await MakeAsync(2, 1);
        await _pool.RunAsync($"zfs snapshot {volumes[1].Name}@g", Token);
        var taken = await Assert.ThrowsAsync<StorageEngineException>(() => Groups.CreateAsync(volumes, "g", Token));
        Assert.Equal(EngineReason.NameTaken, taken.Reason);
        Assert.Equal($"{volumes[1].Name}@g", (await _pool.RunAsync($"zfs list -H -o name -t snapshot {string.Join(' ', volumes.Select(each => each.Name))}", Token)).Trim());
        GroupSnapshotInfo group = await Groups.CreateAsync(volumes, "h", Token);
        SnapshotRef[] members = [.. group.Members.Select(each => each.Ref)];
        await _engine.Feature<ISnapshots>()!.HoldAsync(members[2], "me", Token);
        var held = await Assert.ThrowsAsync<SnapshotInUseException>(() => Groups.DeleteAsync(group.Id, members, Token));
        Assert.Equal("me", Assert.Single(held.Blockers));
        Assert.Equal(3, (await Groups.GetAsync(group.Id, Token)).Members.Count);
        await _engine.Feature<ISnapshots>()!.ReleaseAsync(members[2], "me", Token);
        await _engine.Feature<ISnapshots>()!.DeleteAsync(members[0], DeleteMode.Everything, Token);
        Assert.False((await Groups.GetAsync(group.Id, Token)).Complete);
        var gone = await Assert.ThrowsAsync<StorageEngineException>(() => Groups.CreateAsync(volumes, "h", Token));
        Assert.Contains("members are gone", gone.Message, StringComparison.Ordinal);

        // A copy of a member is no member.
        await _pool.RunAsync($"zfs send -p {members[1].Volume.Name}@h | zfs receive -u {_pool.NextName()}", Token);
        Assert.Equal(2, (await Groups.GetAsync(group.Id, Token)).Members.Count);
        await Groups.DeleteAsync(group.Id, members, Token);
        await Assert.ThrowsAsync<SnapshotNotFoundException>(() => Groups.GetAsync("nonsense", Token));
    }

    private async Task<List<VolumeRef>> MakeAsync(int fileSystems, int zvols)
    {
        string[] names = [.. Enumerable.Range(0, fileSystems + zvols).Select(_ => _pool.NextName())];
        string made = await _pool.RunAsync(
            $"for n in {string.Join(' ', names[..fileSystems])}; do zfs create -o mountpoint=none $n; done; for n in {string.Join(' ', names[fileSystems..])}; do zfs create -s -V 16M $n; done; "
            + $"zfs list -Hp -o name,guid {string.Join(' ', names)}", Token);
        return [.. made.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t')).Select(cells => new VolumeRef("zfs", cells[1], cells[0]))];
    }
}
