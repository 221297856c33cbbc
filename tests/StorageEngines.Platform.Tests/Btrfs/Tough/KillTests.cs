using StorageEngines.Btrfs;

namespace StorageEngines.Platform.Tests.Btrfs.Tough;

/// <summary>The tool, killed (SIGKILL) at each of the calls that change something. The next engine finds whole snapshots only, and removes the rest.</summary>
public sealed class KillTests : IAsyncLifetime
{
    private static readonly string[] Calls = ["ioctl", "mkdirat", "renameat2", "renameat", "unlinkat", "linkat", "fsync", "fchmodat"];
    private const int Killed = 137;
    private const int MostCalls = 200;
    private const int FewestKills = 10;

    private Stage _stage = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/strace"), "backend missing: strace: the program is not installed");
        _stage = await Stage.MakeAsync();
        _stage.Write("file", "one");
        await _stage.CreateAsync("one");
        _stage.Write("file", "two");
        await _stage.CreateAsync("two");
    }

    public ValueTask DisposeAsync() => _stage is null ? default : _stage.DisposeAsync();

    [Fact]
    public async Task A_create_is_whole_or_is_not()
    {
        await KillAtEachCallAsync(
            ["snapshot", "create", _stage.Path + "@new"],
            async names =>
            {
                Assert.Equal("two", await File.ReadAllTextAsync(_stage.At("file"), Cancel));
                return names is ["one", "two"] or ["one", "two", "new"];
            },
            () => DeleteAsync("new"));
    }

    [Fact]
    public async Task A_delete_takes_all_or_nothing()
    {
        await KillAtEachCallAsync(
            ["snapshot", "delete", _stage.Path + "@two", "--yes"], names => Task.FromResult(names is ["one", "two"] or ["one"]), () => _stage.CreateAsync("two"));
    }

    [Fact]
    public async Task A_hold_is_there_or_is_not_and_the_snapshot_can_be_deleted_later()
    {
        await KillAtEachCallAsync(
            ["snapshot", "hold", _stage.Path + "@two", "--owner", "me"], names => Task.FromResult(names is ["one", "two"]), async () => await _stage.Snapshots.ReleaseAsync((await _stage.ListAsync())[1].Ref, "me", Cancel));
        await _stage.DeleteAsync((await _stage.ListAsync())[1]);
        Assert.Empty(_stage.Leftovers());
    }

    [Fact]
    public async Task A_roll_back_puts_back_all_or_nothing_and_loses_no_snapshot()
    {
        var seen = new HashSet<string>();
        await KillAtEachCallAsync(
            ["snapshot", "rollback", _stage.Path + "@one", "--safety", "safe"],
            async names =>
            {
                string now = await File.ReadAllTextAsync(_stage.At("file"), Cancel);
                seen.Add(now);
                bool safe = names is ["one", "two", "safe"];
                if (safe)
                {
                    Assert.Equal("two", await File.ReadAllTextAsync(Path.Combine(_stage.HomeOf("safe"), "data/file"), Cancel));
                }

                return now == "one" ? safe : now == "two" && (safe || names is ["one", "two"]);
            },
            async () =>
            {
                await _stage.Snapshots.RollbackAsync((await _stage.ListAsync())[1].Ref, new RollbackOptions(), Cancel);
                await DeleteAsync("safe");
            });
        Assert.Equal(["one", "two"], seen.Order(StringComparer.Ordinal));
    }

    private async Task KillAtEachCallAsync(string[] what, Func<List<string>, Task<bool>> isRight, Func<Task> undo)
    {
        using var tool = new Tool();
        int kills = 0;
        foreach (string call in Calls)
        {
            bool ended = false;
            for (int count = 1; !ended; count++)
            {
                Assert.True(count < MostCalls);
                Tool.Result result = await tool.RunUntilCallAsync(call, count, what);
                Assert.True(result.Exit is 0 or Killed, $"{call} {count}: {result}");
                ended = result.Exit == 0;
                kills += ended ? 0 : 1;
                List<string> names = await _stage.NamesAsync();
                Assert.True(await isRight(names), $"{call} {count}: {string.Join(' ', names)}");
                await using var later = new BtrfsStorageEngine(null);
                ISnapshots snapshots = later.Feature<ISnapshots>()!;
                SnapshotInfo next = await snapshots.CreateAsync(new CreateSnapshotRequest(_stage.Volume.Ref, "next"), Cancel); // It sweeps.
                Assert.Equal([], _stage.Leftovers());
                await snapshots.DeleteAsync(next.Ref, DeleteMode.Everything, Cancel);
                await undo();
                Assert.Equal([], _stage.Leftovers());
            }
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{kills} kills");
        Assert.True(kills >= FewestKills, $"{kills} kills");
    }

    private async Task DeleteAsync(string name)
    {
        if ((await _stage.ListAsync()).Find(each => each.Ref.Name == name) is { } snapshot)
        {
            await _stage.DeleteAsync(snapshot);
        }
    }
}
