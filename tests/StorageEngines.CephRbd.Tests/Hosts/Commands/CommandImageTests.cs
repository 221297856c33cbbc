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

    private static async Task<List<long>> UnchangedAsync(FakeRbd rbd)
    {
        await using IOpenImage image = rbd.Open();
        return await image.UnchangedAsync(FakeRbd.First, FakeRbd.Second, [0, 4 << 20], TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_difference_is_asked_for_by_numbers()
    {
        await using var rbd = new FakeRbd();
        rbd.On("py diff", FakeRbd.Say(Recorded.Text("diff.json")));
        Assert.Equal(3, (await DiffAsync(rbd, DiffMode.Hybrid)).Count);
        Assert.Equal(3, (await DiffAsync(rbd, DiffMode.WholeObject, to: FakeRbd.Grouped)).Count);
        Assert.Equal(3, (await DiffAsync(rbd, to: FakeRbd.Second with { Name = "x\uFFFD" })).Count);
        Assert.Equal(
            ["diff|7|golden|1012abc|5|3|hybrid|0|4194304|", "diff|7|golden|1012abc|6|3|whole-object|0|4194304|", "diff|7|golden|1012abc|5|3|exact|0|4194304|"],
            rbd.Calls.Select(call => call.Split('|', 2)[1]));
        Assert.Equal(["compare", "compare", "compare"], rbd.Steps);
    }

    [Fact]
    public async Task All_that_there_is_is_asked_for_without_a_base()
    {
        await using var rbd = new FakeRbd();
        rbd.On("py diff", FakeRbd.Say(Recorded.Text("diff-empty.json")));
        await using IOpenImage image = rbd.Open();
        await foreach (IReadOnlyList<RawExtent> _ in image.DiffAsync(new DiffRequest(null, image.State.Head, DiffMode.Exact, 5 << 20), TestContext.Current.CancellationToken))
        {
            Assert.Fail("There is nothing.");
        }

        Assert.Equal("py diff|diff|7|golden|1012abc|head||exact|5242880|4194304|", Assert.Single(rbd.Calls));
    }

    [Fact]
    public async Task Names_and_settings_arrive_as_they_are()
    {
        await using var rbd = new FakeRbd(new CephRbdSettings { User = "client.ü'", Configuration = "/etc/cëph '$x\"", Keyring = "/k y", TimeoutSeconds = 17, Parallel = 5 });
        rbd.On("status", FakeRbd.Say(Recorded.Text("status.json")));
        await using IOpenImage image = rbd.Open();
        await image.ListWatchersAsync(TestContext.Current.CancellationToken);
        Assert.Equal(
            "status|--log-to-stderr=false|--err-to-stderr=false|--client-mount-timeout=17|--rados-mon-op-timeout=17|--rados-osd-op-timeout=17|--rbd-concurrent-management-ops=5|--name=client.ü'|--conf=/etc/cëph '$x\"|" +
            "--keyring=/k y|--pool=rbd|--namespace=golden|--image=-v '\"\\é|status|--format=json|",
            rbd.Calls[0]);
    }

    [Theory]
    [InlineData("[]\n")]
    [InlineData("[{\"offset\":0,\"length\":1,\"exists\":true}")]
    public async Task What_a_program_tells_that_failed_is_no_answer(string told)
    {
        await using var rbd = new FakeRbd();
        rbd.On("py diff", FakeRbd.Say(told) + "; echo 'error generating diff from snapshot' >&2; exit 110");
        var error = await Assert.ThrowsAsync<StorageCommandException>(() => DiffAsync(rbd));
        Assert.Equal((EngineStatus.Unavailable, 110, "error generating diff from snapshot"), (error.Status, error.ExitCode, error.BackendText));
    }

    [Theory]
    [InlineData(201, EngineReason.VolumeMissing)]
    [InlineData(202, EngineReason.SnapshotMissing)]
    [InlineData(203, EngineReason.BaseMissing)]
    public async Task What_is_gone_is_told(int exit, EngineReason reason)
    {
        await using var rbd = new FakeRbd();
        rbd.On("py diff", $"exit {exit}");
        rbd.On("py unchanged", $"exit {exit}");
        Assert.Equal(reason, (await Assert.ThrowsAnyAsync<StorageEngineException>(() => DiffAsync(rbd))).Reason);
        Assert.Equal(reason, (await Assert.ThrowsAnyAsync<StorageEngineException>(() => UnchangedAsync(rbd))).Reason);
    }

    [Fact]
    public async Task Periods_are_compared_in_one_call()
    {
        await using var rbd = new FakeRbd();
        rbd.On("py unchanged", "printf '4194304\\0'");
        Assert.Equal([4194304], await UnchangedAsync(rbd));
        Assert.Equal("py unchanged|unchanged|7|golden|1012abc|5|3|4194304|0|4194304|", Assert.Single(rbd.Calls));
        rbd.On("py unchanged", "printf '4194304\\0x'");
        await Assert.ThrowsAsync<CorruptDataException>(() => UnchangedAsync(rbd));
        rbd.On("py unchanged", "printf '0\\0'; exit 110");
        Assert.Equal(EngineReason.ConnectionLost, (await Assert.ThrowsAsync<StorageCommandException>(() => UnchangedAsync(rbd))).Reason);
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

    [Fact]
    public async Task A_base_is_a_users_and_has_a_name()
    {
        await using var rbd = new FakeRbd();
        StorageEngineException error = await Assert.ThrowsAsync<StorageEngineException>(() => DiffAsync(rbd, from: FakeRbd.Grouped));
        Assert.Equal((EngineStatus.Unimplemented, EngineReason.NotSupported), (error.Status, error.Reason));
        error = await Assert.ThrowsAsync<StorageEngineException>(() => DiffAsync(rbd, from: FakeRbd.First with { Name = "x\uFFFD" }));
        Assert.Equal((EngineStatus.Unimplemented, EngineReason.NotSupported), (error.Status, error.Reason));
        Assert.Empty(rbd.Calls);
    }

    [Fact]
    public async Task An_answer_that_is_no_list_is_damaged()
    {
        await using var rbd = new FakeRbd();
        rbd.On("py diff", FakeRbd.Say("[{\"offset\":0"));
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
        rbd.On("py diff", "echo '['; exec sleep 60");
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
