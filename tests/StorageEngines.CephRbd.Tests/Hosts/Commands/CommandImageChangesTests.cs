using StorageEngines.CephRbd.Hosts.Commands;
using StorageEngines.CephRbd.Images;

namespace StorageEngines.CephRbd.Tests.Hosts.Commands;

public sealed class CommandImageChangesTests
{
    private static readonly string OtherInfo = FakeRbd.Say(FakeRbd.Info.Replace("1012abc", "1012abd", StringComparison.Ordinal));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_snapshot_is_cut_between_two_looks_at_the_name()
    {
        await using var rbd = new FakeRbd();
        rbd.On("snap create", "echo 'Creating snap: 10% complete...Creating snap: 100% complete...done.' >&2");
        await new CommandImageChanges(rbd.Shell).CreateSnapshotAsync(FakeRbd.Image, "-s 'x\"$y", Token);
        Assert.Equal(["info", "snap create", "info"], rbd.Verbs);
        Assert.EndsWith("|--image=-v '\"\\é|--snap=-s 'x\"$y|snap|create|", rbd.Calls[1], StringComparison.Ordinal);
        Assert.Equal(["create snapshot"], rbd.Steps);
    }

    [Fact]
    public async Task Nothing_is_changed_under_a_name_that_is_anothers()
    {
        await using var rbd = new FakeRbd();
        rbd.On("info", OtherInfo);
        var changes = new CommandImageChanges(rbd.Shell);
        var path = new ImagePath("rbd", "", "clone");
        Func<Task>[] all =
        [
            () => changes.CreateSnapshotAsync(FakeRbd.Image, "s", Token), () => changes.RollbackAsync(FakeRbd.Image, FakeRbd.First, null, Token),
            () => changes.CloneAsync(FakeRbd.Image, FakeRbd.First, path, Token), () => changes.ProtectAsync(FakeRbd.Image, FakeRbd.First, isProtected: true, Token),
        ];
        foreach (Func<Task> each in all)
        {
            StorageEngineException error = await Assert.ThrowsAsync<StorageCommandException>(each);
            Assert.Equal((EngineStatus.Aborted, Recovery.Retry, false), (error.Status, error.Recovery, error.OutcomeUnknown));
        }

        Assert.All(rbd.Verbs, verb => Assert.Equal("info", verb));
    }

    [Theory]
    [InlineData("\"id\":3,", "\"id\":13,", EngineStatus.NotFound)]
    [InlineData("\"name\":\"A\"", "\"name\":\"B\"", EngineStatus.Aborted)]
    public async Task Nothing_is_changed_if_the_snapshot_is_another_one(string was, string now, EngineStatus status)
    {
        await using var rbd = new FakeRbd();
        rbd.On("snap ls", FakeRbd.Say(FakeRbd.Snapshots.Replace(was, now, StringComparison.Ordinal)));
        var changes = new CommandImageChanges(rbd.Shell);
        Assert.Equal(status, (await Assert.ThrowsAnyAsync<StorageEngineException>(() => changes.RollbackAsync(FakeRbd.Image, FakeRbd.First, null, Token))).Status);
        Assert.Equal(status, (await Assert.ThrowsAnyAsync<StorageEngineException>(() => changes.ProtectAsync(FakeRbd.Image, FakeRbd.First, isProtected: false, Token))).Status);
        Assert.DoesNotContain("snap rollback", rbd.Verbs);
        Assert.DoesNotContain("snap unprotect", rbd.Verbs);
    }

    [Fact]
    public async Task A_name_that_moved_during_the_change_leaves_the_outcome_open()
    {
        await using var rbd = new FakeRbd();
        rbd.On("info", FakeRbd.Say(FakeRbd.Info), OtherInfo);
        rbd.On("snap create", ":");
        StorageEngineException error = await Assert.ThrowsAsync<StorageCommandException>(() => new CommandImageChanges(rbd.Shell).CreateSnapshotAsync(FakeRbd.Image, "s", Token));
        Assert.Equal((EngineStatus.Aborted, true), (error.Status, error.OutcomeUnknown));
    }

    [Fact]
    public async Task A_change_that_timed_out_leaves_the_outcome_open()
    {
        await using var rbd = new FakeRbd();
        rbd.On("snap rollback", "echo 'rbd: rollback failed: (110) Connection timed out' >&2; exit 110");
        StorageEngineException error = await Assert.ThrowsAsync<StorageCommandException>(() => new CommandImageChanges(rbd.Shell).RollbackAsync(FakeRbd.Image, FakeRbd.Second, null, Token));
        Assert.Equal((EngineStatus.Unavailable, EngineReason.ConnectionLost, true), (error.Status, error.Reason, error.OutcomeUnknown));
        Assert.Contains($"|--snap={Recorded.Hostile}|", rbd.Calls[^2], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("printf 'a\\0b c\\0'", true)]
    [InlineData("printf 'a\\0'; exit 110", false)]
    [InlineData(":", false)]
    public async Task A_change_that_timed_out_is_told_from_pools_that_are_full(string answer, bool isFull)
    {
        await using var rbd = new FakeRbd();
        rbd.On("snap create", "exit 110");
        rbd.On("py full", answer);
        StorageEngineException error = await Assert.ThrowsAnyAsync<StorageEngineException>(() => new CommandImageChanges(rbd.Shell).CreateSnapshotAsync(FakeRbd.Image, "s", Token));
        Assert.Equal((isFull ? EngineReason.NoSpace : EngineReason.ConnectionLost, true), (error.Reason, error.OutcomeUnknown));
        Assert.Equal(isFull, error.Message.Contains("the pools 'a', 'b c' are full", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_snapshot_is_removed_by_its_number()
    {
        await using var rbd = new FakeRbd();
        rbd.On("snap rm", ":");
        var changes = new CommandImageChanges(rbd.Shell);
        await changes.RemoveSnapshotAsync(FakeRbd.Image, FakeRbd.First with { Name = "renamed" }, Token);
        Assert.Equal(["snap ls", "snap rm"], rbd.Verbs);
        Assert.EndsWith("|--pool=rbd|--namespace=golden|--image-id=1012abc|--snap-id=3|snap|rm|", rbd.Calls[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("""[{"id":3,"name":"0-0","size":1,"namespace":{"type":"trash","original_name":"A"}},{"id":4,"name":"\"namespace\":{\"type\":\"user\"","size":1,"namespace":{"type":"user"}}]""")]
    [InlineData("""[{"id":33,"name":"A","size":1,"namespace":{"type":"user"}}]""")]
    public async Task What_is_gone_or_in_the_trash_is_removed_already(string list)
    {
        await using var rbd = new FakeRbd();
        rbd.On("snap ls", FakeRbd.Say(list));
        await new CommandImageChanges(rbd.Shell).RemoveSnapshotAsync(FakeRbd.Image, FakeRbd.First, Token);
        Assert.Equal(["snap ls"], rbd.Verbs);
    }

    [Theory]
    [InlineData("snap ls", "rbd: error opening image with id 1: (2) No such file or directory", 7, true)]
    [InlineData("snap rm", "rbd: failed to remove snapshot: (2) No such file or directory", 7, true)]
    [InlineData("snap ls", "rbd: error opening image with id 1: (2) No such file or directory", 8, false)]
    [InlineData("snap ls", "rbd: error opening default pool 'rbd'", null, false)]
    [InlineData("snap rm", "rbd: couldn't connect to the cluster!", 7, false)]
    public async Task Only_what_is_surely_gone_counts_as_removed(string verb, string words, int? pool, bool isGone)
    {
        await using var rbd = new FakeRbd();
        rbd.On("py pool", $"printf '%s' '{pool}'");
        rbd.On(verb, $"echo \"{words}\" >&2; exit 2");
        rbd.On("info", words.Contains("failed", StringComparison.Ordinal) ? FakeRbd.Say(FakeRbd.Info) : $"echo \"{words}\" >&2; exit 2");
        Exception? failure = await Record.ExceptionAsync(() => new CommandImageChanges(rbd.Shell).RemoveSnapshotAsync(FakeRbd.Image, FakeRbd.First, Token));
        Assert.Equal(isGone, failure is null);
    }

    [Fact]
    public async Task A_snapshot_in_use_is_not_removed()
    {
        await using var rbd = new FakeRbd();
        rbd.On("snap rm", "echo 'rbd: snapshot id 3 is protected from removal.' >&2; exit 16");
        await Assert.ThrowsAsync<SnapshotInUseException>(() => new CommandImageChanges(rbd.Shell).RemoveSnapshotAsync(FakeRbd.Image, FakeRbd.First, Token));
        await Assert.ThrowsAsync<StorageEngineException>(() => new CommandImageChanges(rbd.Shell).RemoveSnapshotAsync(FakeRbd.Image, FakeRbd.Grouped, Token));
    }

    [Fact]
    public async Task What_is_protected_already_is_left_alone()
    {
        await using var rbd = new FakeRbd();
        rbd.On("snap protect", ":");
        var changes = new CommandImageChanges(rbd.Shell);
        await changes.ProtectAsync(FakeRbd.Image, FakeRbd.Second, isProtected: false, Token);
        Assert.DoesNotContain("snap unprotect", rbd.Verbs);
        await changes.ProtectAsync(FakeRbd.Image, FakeRbd.Second, isProtected: true, Token);
        Assert.Contains("snap protect", rbd.Verbs);
    }

    [Theory]
    [InlineData("", "--dest-pool=p|--dest=-c|clone|")]
    [InlineData("n s", "--dest-pool=p|--dest-namespace=n s|--dest=-c|clone|")]
    public async Task A_clone_goes_where_it_is_wanted(string space, string words)
    {
        await using var rbd = new FakeRbd();
        rbd.On("clone", ":");
        await new CommandImageChanges(rbd.Shell).CloneAsync(FakeRbd.Image, FakeRbd.First, new ImagePath("p", space, "-c"), Token);
        Assert.EndsWith($"|--snap=A|{words}", rbd.Calls.Single(call => call.StartsWith("clone|", StringComparison.Ordinal)), StringComparison.Ordinal);
    }
}
