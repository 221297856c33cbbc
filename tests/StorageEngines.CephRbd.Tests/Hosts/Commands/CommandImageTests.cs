using StorageEngines.CephRbd.Blocks;
using StorageEngines.CephRbd.Hosts;
using StorageEngines.CephRbd.Images;

namespace StorageEngines.CephRbd.Tests.Hosts.Commands;

public sealed class CommandImageTests
{
    private static async Task<List<RawExtent>> DiffAsync(FakeRbd rbd, DiffMode mode = DiffMode.Exact, RbdSnapshot? from = null, RbdSnapshot? to = null)
    {
        var extents = new List<RawExtent>();
        await using IOpenImage image = rbd.Open();
        await foreach (IReadOnlyList<RawExtent> batch in image.DiffAsync(new DiffRequest(from ?? FakeRbd.First, to ?? FakeRbd.Second, mode, 0), TestContext.Current.CancellationToken))
        {
            extents.AddRange(batch);
        }

        return extents;
    }

    [Fact]
    public async Task A_difference_is_read_and_what_it_was_of_is_looked_at_again()
    {
        await using var rbd = new FakeRbd();
        rbd.On("diff", FakeRbd.Say(Recorded.Text("diff.json")));
        Assert.Equal(3, (await DiffAsync(rbd)).Count);
        Assert.Equal(["diff", "info", "snap ls"], rbd.Verbs);
        Assert.Equal(["compare"], rbd.Steps);
    }

    [Fact]
    public async Task Names_and_settings_arrive_as_they_are()
    {
        await using var rbd = new FakeRbd(new CephRbdSettings { User = "client.ü'", Configuration = "/etc/cëph '$x\"", Keyring = "/k y", TimeoutSeconds = 17, Parallel = 5 });
        rbd.On("diff", FakeRbd.Say("[]"));
        await DiffAsync(rbd, to: FakeRbd.Second with { Id = 3, Name = "A" });
        Assert.Equal(
            "diff|--log-to-stderr=false|--err-to-stderr=false|--client-mount-timeout=17|--rados-mon-op-timeout=17|--rados-osd-op-timeout=17|--rbd-concurrent-management-ops=5|--name=client.ü'|--conf=/etc/cëph '$x\"|" +
            "--keyring=/k y|--pool=rbd|--namespace=golden|--image=-v '\"\\é|--snap=A|--from-snap=A|diff|--format=json|",
            rbd.Calls[0]);
    }

    [Theory]
    [InlineData("exact")]
    [InlineData("whole-object")]
    [InlineData("hybrid")]
    public async Task An_empty_answer_of_a_program_that_failed_is_no_answer(string mode)
    {
        await using var rbd = new FakeRbd();
        rbd.On("diff", FakeRbd.Say("[]\n") + "; echo 'rbd: diff error: (110) Connection timed out' >&2; exit 110");
        var error = await Assert.ThrowsAsync<StorageCommandException>(() => DiffAsync(rbd, DiffModes.Parse(mode)));
        Assert.Equal((EngineStatus.Unavailable, 110, "rbd: diff error: (110) Connection timed out"), (error.Status, error.ExitCode, error.BackendText));
    }

    [Theory]
    [InlineData("[]\n", 0, 1)]
    [InlineData("[]", 0, 1)]
    [InlineData("[{\"offset\":0,\"length\":4194304,\"exists\":\"true\"}]\n", 3, 2)]
    public async Task Hybrid_asks_exactly_only_if_the_maps_say_that_something_changed(string maps, int count, int calls)
    {
        await using var rbd = new FakeRbd();
        rbd.On("diff", $"case \" $* \" in *' --whole-object '*) {FakeRbd.Say(maps)};; *) {FakeRbd.Say(Recorded.Text("diff.json"))};; esac");
        Assert.Equal(count, (await DiffAsync(rbd, DiffMode.Hybrid)).Count);
        Assert.Equal(calls, rbd.Verbs.Count(verb => verb == "diff"));
    }

    [Fact]
    public async Task Whole_objects_are_asked_once()
    {
        await using var rbd = new FakeRbd();
        rbd.On("diff", FakeRbd.Say(Recorded.Text("diff-whole-object.json")));
        Assert.Equal(3, (await DiffAsync(rbd, DiffMode.WholeObject)).Count);
        Assert.EndsWith("|diff|--format=json|--whole-object|", rbd.Calls[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_about_another_image_of_the_name_is_an_error()
    {
        await using var rbd = new FakeRbd();
        rbd.On("diff", FakeRbd.Say("[]"));
        rbd.On("info", "case $* in *--image-id=*) exit 0;; esac; " + FakeRbd.Say(FakeRbd.Info.Replace("1012abc", "1012abd", StringComparison.Ordinal)));
        StorageEngineException error = await Assert.ThrowsAsync<StorageCommandException>(() => DiffAsync(rbd));
        Assert.Equal((EngineStatus.Aborted, Recovery.Retry), (error.Status, error.Recovery));
    }

    [Fact]
    public async Task An_image_that_is_gone_is_not_found()
    {
        await using var rbd = new FakeRbd();
        rbd.On("diff", FakeRbd.Say("[]"));
        rbd.On("info", "echo 'rbd: error opening image x: (2) No such file or directory' >&2; exit 2");
        await Assert.ThrowsAsync<VolumeNotFoundException>(() => DiffAsync(rbd));
    }

    [Fact]
    public async Task An_image_whose_pool_has_another_name_is_not_gone()
    {
        await using var rbd = new FakeRbd();
        rbd.Shell.Known = new("fsid", new Dictionary<long, string> { [Recorded.Pool] = "rbd" });
        rbd.On("info", "echo 'rbd: error opening image' >&2; exit 2");
        rbd.On("py pool", "printf 99");
        rbd.On("status", "exit 2");
        await using IOpenImage image = rbd.Open();
        StorageEngineException error = await Assert.ThrowsAsync<StorageCommandException>(() => image.ListWatchersAsync(TestContext.Current.CancellationToken));
        Assert.Equal(EngineStatus.Aborted, error.Status);
        Assert.Null(rbd.Shell.Known);
    }

    [Theory]
    [InlineData("\"id\":5,\"name\":\"a", "\"id\":5,\"name\":\"b", false)]
    [InlineData("\"id\":5,", "\"id\":15,", true)]
    [InlineData("\"id\":3,", "\"id\":13,", true)]
    [InlineData("\"name\":\"A\"", "\"name\":\"B\"", false)]
    public async Task A_snapshot_that_is_another_one_or_gone_is_an_error(string was, string now, bool isGone)
    {
        await using var rbd = new FakeRbd();
        rbd.On("diff", FakeRbd.Say("[]"));
        rbd.On("snap ls", FakeRbd.Say(FakeRbd.Snapshots.Replace(was, now, StringComparison.Ordinal)));
        StorageEngineException error = await Assert.ThrowsAnyAsync<StorageEngineException>(() => DiffAsync(rbd));
        Assert.Equal(isGone ? EngineStatus.NotFound : EngineStatus.Aborted, error.Status);
        Assert.Equal(isGone, error is SnapshotNotFoundException);
        if (isGone)
        {
            Assert.Contains(was == "\"id\":3," ? "'A'" : "'a \"b", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_snapshot_of_a_group_cannot_be_named()
    {
        await using var rbd = new FakeRbd();
        StorageEngineException error = await Assert.ThrowsAsync<StorageEngineException>(() => DiffAsync(rbd, to: FakeRbd.Grouped));
        Assert.Equal((EngineStatus.Unimplemented, EngineReason.NotSupported), (error.Status, error.Reason));
        await Assert.ThrowsAsync<StorageEngineException>(() => DiffAsync(rbd, from: FakeRbd.Grouped));
        Assert.Empty(rbd.Calls);
    }

    [Fact]
    public async Task A_name_that_was_not_UTF_8_is_refused()
    {
        await using var rbd = new FakeRbd();
        await Assert.ThrowsAsync<StorageEngineException>(() => DiffAsync(rbd, to: FakeRbd.Second with { Name = "x\uFFFD" }));
        Assert.Empty(rbd.Calls);
    }

    [Fact]
    public async Task An_answer_that_is_no_list_is_damaged()
    {
        await using var rbd = new FakeRbd();
        rbd.On("diff", FakeRbd.Say("[{\"offset\":0"));
        await Assert.ThrowsAsync<CorruptDataException>(() => DiffAsync(rbd));
    }

    [Fact]
    public async Task Clones_and_watchers_are_told()
    {
        await using var rbd = new FakeRbd();
        rbd.On("children", FakeRbd.Say(Recorded.Text("children.json")));
        rbd.On("status", FakeRbd.Say(Recorded.Text("status.json")));
        await using IOpenImage image = rbd.Open();
        Assert.Equal(3, (await image.ListChildrenAsync(FakeRbd.Grouped, TestContext.Current.CancellationToken)).Count);
        Assert.Single(await image.ListWatchersAsync(TestContext.Current.CancellationToken));
        Assert.Contains("|--snap-id=6|children|", rbd.Calls[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_Python_tells_goes_by_numbers()
    {
        await using var rbd = new FakeRbd();
        rbd.On("py notes", "printf 'a\\0b\\0'");
        rbd.On("py maps", "printf '0\\0'");
        rbd.On("py read", "printf 'da\\0a'");
        await using IOpenImage image = rbd.Open();
        Assert.NotNull(await image.ReadNotesAsync(TestContext.Current.CancellationToken));
        Assert.False(await image.AreMapsValidAsync([FakeRbd.First, FakeRbd.Grouped], TestContext.Current.CancellationToken));
        Assert.Equal("da\0a"u8.ToArray(), await image.ReadAsync(FakeRbd.Grouped, [(1L << 40, 4)], TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<StorageEngineException>(() => image.ReadAsync(FakeRbd.First, [(0, 5)], TestContext.Current.CancellationToken));
        Assert.Equal(["py notes|notes|7|golden|1012abc|", "py maps|maps|7|golden|1012abc|3|6|", "py read|read|7|golden|1012abc|6|1099511627776|4|"], rbd.Calls[..3]);
        rbd.On("py read", "exit 202");
        await Assert.ThrowsAsync<SnapshotNotFoundException>(() => image.ReadAsync(FakeRbd.First, [(0, 5)], TestContext.Current.CancellationToken));
        rbd.On("py notes", "exit 201");
        await Assert.ThrowsAsync<VolumeNotFoundException>(() => image.ReadNotesAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_group_is_found_by_the_images_id()
    {
        await using var rbd = new FakeRbd();
        rbd.Shell.Known = new("fsid", new Dictionary<long, string> { [1] = "other", [Recorded.Pool] = "rbd" });
        rbd.On("info", FakeRbd.Say(Recorded.Text("info.json")));
        await using IOpenImage image = rbd.Open();
        Assert.Equal(new GroupPlace(Recorded.Pool, "golden", "-g"), await image.FindGroupAsync(TestContext.Current.CancellationToken));
        Assert.Contains("|--image-id=1012abc|", Assert.Single(rbd.Calls), StringComparison.Ordinal);
        rbd.On("info", FakeRbd.Say(Recorded.Text("info-clone.json")));
        Assert.Null(await image.FindGroupAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_difference_that_is_given_up_ends_the_program()
    {
        await using var rbd = new FakeRbd();
        rbd.On("diff", "echo '['; exec sleep 60");
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        await using IOpenImage image = rbd.Open();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (IReadOnlyList<RawExtent> _ in image.DiffAsync(new DiffRequest(null, FakeRbd.Second, DiffMode.Exact, 0), stop.Token))
            {
                Assert.Fail("Nothing was printed.");
            }
        });
    }
}
