namespace StorageEngines.Platform.Tests.Btrfs.Tough;

/// <summary>A file system without room, and one that is mounted read-only.</summary>
public sealed class FullTests : IAsyncLifetime
{
    private const long Small = 256L << 20;
    private Stage _stage = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _stage = await Stage.MakeAsync(Small);

    public ValueTask DisposeAsync() => _stage.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Without_room_changes_are_refused_and_leave_nothing_and_what_is_there_can_be_compared_read_and_deleted(bool metadataToo)
    {
        _stage.Write("file", "one");
        SnapshotInfo first = await _stage.CreateAsync("first");
        _stage.Write("file", "two");
        SnapshotInfo second = await _stage.CreateAsync("second");
        FillData();
        if (metadataToo)
        {
            FillMetadata();
        }

        await AssertEachAsync(Changes(first), EngineStatus.ResourceExhausted, EngineReason.NoSpace);
        Assert.Equal(["first", "second"], await _stage.NamesAsync());
        Assert.Equal("two", await File.ReadAllTextAsync(_stage.At("file"), Cancel));
        Assert.Equal(["file"], (await _stage.DiffAsync(first, second)).Select(each => each.Path.ToString()));
        Assert.Equal("one", await ReadAsync(first));
        await _stage.DeleteAsync(second);
        Assert.Equal(["first"], await _stage.NamesAsync());
        Assert.Empty(_stage.Leftovers());
        File.Delete(_stage.At("fill"));
        if (metadataToo)
        {
            Directory.Delete(_stage.At("small"), recursive: true);
        }

        BtrfsLoop.Btrfs("filesystem", "sync", _stage.System.Mount);
        SnapshotInfo last = await _stage.CreateAsync("last");
        Assert.Contains("file", (await _stage.DiffAsync(first, last)).Select(each => each.Path.ToString()));
        Assert.Empty(_stage.Leftovers());
    }

    [Fact]
    public async Task Where_metadata_runs_out_between_snapshots_those_that_were_made_are_whole()
    {
        SnapshotInfo first = await _stage.CreateAsync("first");
        var made = new List<string> { "first" };
        StorageEngineException? failure = null;
        for (int i = 0; failure is null; i++)
        {
            Assert.True(i < 1000);
            try
            {
                Links(_stage.At("links"), 3000);
                made.Add((await _stage.CreateAsync($"more{i}")).Ref.Name!);
            }
            catch (StorageEngineException e)
            {
                failure = e;
            }
        }

        Assert.Equal((EngineStatus.ResourceExhausted, EngineReason.NoSpace), (failure.Status, failure.Reason));
        List<SnapshotInfo> all = await _stage.ListAsync();
        Assert.Equal(made, all.Select(each => each.Ref.Name!));
        Assert.Empty(_stage.Leftovers());
        Assert.NotEmpty(await _stage.DiffAsync(first, all[^1]));
        foreach (SnapshotInfo each in all)
        {
            await _stage.DeleteAsync(each);
        }

        Assert.Empty(await _stage.ListAsync());
        Assert.Empty(_stage.Leftovers());
    }

    [Fact]
    public async Task A_read_only_file_system_can_be_asked_and_read_and_nothing_else()
    {
        _stage.Write("file", "one");
        SnapshotInfo one = await _stage.CreateAsync("one");
        _stage.Write("file", "two");
        SnapshotInfo two = await _stage.CreateAsync("two");
        BtrfsLoop.Run("mount", "-o", "remount,ro", _stage.System.Mount);
        Assert.Equal(["one", "two"], await _stage.NamesAsync());
        Assert.Equal("file", Assert.Single(await _stage.DiffAsync(one, two)).Path.ToString());
        Assert.Equal("one", await ReadAsync(one));
        await AssertEachAsync([.. Changes(one), () => _stage.DeleteAsync(one), () => CloneAsync(one)], EngineStatus.FailedPrecondition, EngineReason.ReadOnly);
        Assert.Equal(["one", "two"], await _stage.NamesAsync());
        Assert.Empty(_stage.Leftovers());
    }

    private void FillData()
    {
        var random = new Random(1);
        using FileStream file = File.Create(_stage.At("fill"), 0);
        for (int piece = 8 << 20; piece >= 4096; piece /= 2)
        {
            try
            {
                for (byte[] bytes = new byte[piece]; ;)
                {
                    random.NextBytes(bytes);
                    file.Write(bytes);
                    file.Flush(flushToDisk: true);
                }
            }
            catch (IOException)
            {
                // No room for a piece of that size.
            }
        }
    }

    private void FillMetadata()
    {
        for (int failures = 0; failures < 3; failures++)
        {
            Links(_stage.At("small"), int.MaxValue);
            BtrfsLoop.Run("btrfs", "filesystem", "sync", _stage.System.Mount);
        }
    }

    // They are kept with the metadata, and nothing is asked of the space for data.
    private static void Links(string directory, int count)
    {
        string target = new('t', 2000);
        try
        {
            Directory.CreateDirectory(directory);
            for (int i = 0; i < count; i++)
            {
                File.CreateSymbolicLink(Path.Combine(directory, $"{Guid.NewGuid():N}"), target);
            }
        }
        catch (IOException)
        {
            // It is full.
        }
    }

    private Func<Task>[] Changes(SnapshotInfo snapshot) =>
    [
        () => _stage.CreateAsync("new"), () => _stage.Snapshots.HoldAsync(snapshot.Ref, "me", Cancel),
        () => _stage.Snapshots.RollbackAsync(snapshot.Ref, new RollbackOptions(), Cancel),
        () => _stage.Snapshots.RollbackAsync(snapshot.Ref, new RollbackOptions(false, "safety"), Cancel),
        () => _stage.Engine.Feature<IGroupSnapshots>()!.CreateAsync([_stage.Volume.Ref], "group", Cancel),
    ];

    private Task CloneAsync(SnapshotInfo snapshot)
        => _stage.Snapshots.CloneAsync(snapshot.Ref, BytePath.FromString(Path.Combine(_stage.System.Mount, "clone")), null, Cancel);

    private async Task<string> ReadAsync(SnapshotInfo snapshot)
    {
        await using Stream stream = await _stage.Engine.Feature<ISnapshotReader>()!.OpenReadAsync(snapshot.Ref, BytePath.FromString("file"), Cancel);
        return await new StreamReader(stream).ReadToEndAsync(Cancel);
    }

    private static async Task AssertEachAsync(Func<Task>[] changes, EngineStatus status, EngineReason reason)
    {
        foreach (Func<Task> change in changes)
        {
            StorageEngineException failure = await Assert.ThrowsAnyAsync<StorageEngineException>(change);
            Assert.Equal((status, reason), (failure.Status, failure.Reason));
        }
    }
}
