namespace StorageEngines.Platform.Tests.Zfs;

/// <summary>The members of a group are told by <c>zfs</c> in the order of their names, and may be given in any.</summary>
/// <param name="fixture">A pool.</param>
public sealed class ZfsGroupOrderTests(ZfsPoolFixture fixture) : IClassFixture<ZfsPoolFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Members_are_given_in_any_order()
    {
        string pool = fixture.Pool.Name;
        string[] names = [$"{pool}/v9", $"{pool}/v10", $"{pool}/a"];
        await fixture.Pool.RunAsync(string.Join('\n', names.Select(name => $"zfs create {name}")), Token);
        List<VolumeRef> volumes = [];
        foreach (string name in names)
        {
            volumes.Add((await fixture.Engine.ResolveVolumeAsync(BytePath.FromString(name), Token)).Ref);
        }

        var groups = fixture.Engine.Feature<IGroupSnapshots>()!;
        GroupSnapshotInfo group = await groups.CreateAsync(volumes, "together", Token);
        Assert.Equal(volumes.ToHashSet(), group.Members.Select(each => each.Ref.Volume).ToHashSet());
        await groups.DeleteAsync(group.Id, [.. group.Members.Select(each => each.Ref).Reverse()], Token);
        Assert.Equal("0", (await fixture.Pool.RunAsync($"zfs list -H -t snapshot -o name -r {pool} | grep -c together || :", Token)).Trim());
    }
}
