using StorageEngines.CephRbd.Hosts.Commands;
using StorageEngines.CephRbd.Images;

namespace StorageEngines.CephRbd.Tests.Hosts.Commands;

public sealed class CommandImageGroupsTests
{
    private static readonly GroupPlace Group = new(Recorded.Pool, "golden", "-g");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static FakeRbd Fake()
    {
        var rbd = new FakeRbd();
        rbd.Shell.Known = new ClusterFacts("fsid", new Dictionary<long, string> { [Recorded.Pool] = "rbd" });
        rbd.On("group image list", FakeRbd.Say(Recorded.Text("group-image-ls.json")));
        rbd.On("group snap list", FakeRbd.Say(Recorded.Text("group-snap-ls.json")));
        rbd.On("group list", FakeRbd.Say(Recorded.Text("group-ls.json")));
        return rbd;
    }

    [Fact]
    public async Task A_group_is_read_in_one_script()
    {
        await using FakeRbd rbd = Fake();
        GroupMembers? members = await new CommandImageGroups(rbd.Shell).ReadAsync(Group, Token);
        Assert.Equal([(Recorded.Pool, $"-{Recorded.Hostile}"), (Recorded.Pool, "v")], members!.Images);
        Assert.Equal(["s \"1"], members.Snapshots);
        Assert.Equal(["read group"], rbd.Steps);
    }

    [Fact]
    public async Task An_image_is_added_by_specifications()
    {
        await using FakeRbd rbd = Fake();
        rbd.On("group image add", ":");
        await new CommandImageGroups(rbd.Shell).AddImageAsync(Group, FakeRbd.Image, Token);
        Assert.Equal(["info", "group image add", "info"], rbd.Verbs);
        Assert.EndsWith("|group|image|add|--|rbd/golden/-g|rbd/golden/-v '\"\\é|", rbd.Calls[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Changes_name_the_group_and_its_snapshot()
    {
        await using FakeRbd rbd = Fake();
        var groups = new CommandImageGroups(rbd.Shell);
        foreach (string verb in new[] { "group create", "group remove", "group snap create", "group snap remove" })
        {
            rbd.On(verb, ":");
        }

        await groups.CreateAsync(Group, Token);
        await groups.CreateSnapshotAsync(Group with { Namespace = "" }, "-s'", Token);
        await groups.RemoveSnapshotAsync(Group, "-s'", Token);
        await groups.RemoveAsync(Group, Token);
        Assert.EndsWith("|--pool=rbd|--namespace=golden|--group=-g|group|create|", rbd.Calls[0], StringComparison.Ordinal);
        Assert.EndsWith("|--pool=rbd|--group=-g|--snap=-s'|group|snap|create|", rbd.Calls[1], StringComparison.Ordinal);
        Assert.EndsWith("|--pool=rbd|--namespace=golden|--group=-g|--snap=-s'|group|snap|remove|", rbd.Calls[2], StringComparison.Ordinal);
        Assert.EndsWith("|--group=-g|group|remove|", rbd.Calls[3], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rbd: failed to remove group snapshot: (2) No such file or directory", true)]
    [InlineData("rbd: namespace 'golden' does not exist.", true)]
    [InlineData("rbd: error opening pool 'rbd': (2) No such file or directory", false)]
    [InlineData("rbd: couldn't connect to the cluster!", false)]
    public async Task Only_what_is_surely_gone_counts_as_removed(string words, bool isGone)
    {
        await using FakeRbd rbd = Fake();
        rbd.On("group snap remove", $"echo \"{words}\" >&2; exit 2");
        Exception? failure = await Record.ExceptionAsync(() => new CommandImageGroups(rbd.Shell).RemoveSnapshotAsync(Group, "s", Token));
        Assert.Equal(isGone, failure is null);
    }

    [Fact]
    public async Task A_name_that_is_taken_is_told()
    {
        await using FakeRbd rbd = Fake();
        rbd.On("group create", "echo 'rbd: create error: (17) File exists' >&2; exit 17");
        StorageEngineException error = await Assert.ThrowsAsync<StorageCommandException>(() => new CommandImageGroups(rbd.Shell).CreateAsync(Group, Token));
        Assert.Equal(EngineReason.NameTaken, error.Reason);
    }
}
