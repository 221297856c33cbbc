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
        Assert.Equal(["py pool", "info", "group image add", "info"], rbd.Verbs);
        Assert.EndsWith("|group|image|add|--|rbd/golden/-g|rbd/golden/-v '\"\\é|", rbd.Calls[2], StringComparison.Ordinal);
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
        string[] calls = [.. rbd.Calls.Where(call => call.StartsWith("group ", StringComparison.Ordinal))];
        Assert.EndsWith("|--pool=rbd|--namespace=golden|--group=-g|group|create|", calls[0], StringComparison.Ordinal);
        Assert.EndsWith("|--pool=rbd|--group=-g|--snap=-s'|group|snap|create|", calls[1], StringComparison.Ordinal);
        Assert.EndsWith("|--pool=rbd|--namespace=golden|--group=-g|--snap=-s'|group|snap|remove|", calls[2], StringComparison.Ordinal);
        Assert.EndsWith("|--group=-g|group|remove|", calls[3], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pool_that_has_the_name_of_another_one_by_now_is_not_taken_for_it()
    {
        await using FakeRbd rbd = Fake();
        rbd.On("py pool", "printf 8");
        rbd.On("py facts", "printf 'fsid\\0002\\0007\\0new\\0008\\0rbd\\000'");
        Assert.Equal(EngineStatus.Aborted, (await Assert.ThrowsAsync<StorageCommandException>(() => new CommandImageGroups(rbd.Shell).CreateSnapshotAsync(Group, "s", Token))).Status);
        rbd.On("py pool", "case $2 in new) printf 7;; rbd) printf 8;; esac");
        Assert.NotNull(await new CommandImageGroups(rbd.Shell).ReadAsync(Group, Token));
        Assert.DoesNotContain("group snap create", rbd.Verbs);
        Assert.Equal(["py pool", "py facts", "py pool", "group image list", "group snap list", "group list"], rbd.Verbs);
    }

    [Fact]
    public async Task A_group_that_is_not_there_is_none_though_its_images_are_told_to_be_none()
    {
        await using FakeRbd rbd = Fake();
        rbd.On("group image list", "echo '[]'");
        rbd.On("group snap list", "echo '[]'");
        Assert.Null(await new CommandImageGroups(rbd.Shell).ReadAsync(Group with { Name = "nope" }, Token));
        Assert.Empty((await new CommandImageGroups(rbd.Shell).ReadAsync(Group with { Name = "empty" }, Token))!.Images);
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
