namespace StorageEngines.Platform.Tests.Btrfs.Tough;

/// <summary>The tool, killed (SIGKILL) at each of the calls that change something. The next engine finds whole snapshots only, and removes the rest.</summary>
public sealed class KillTests : IAsyncLifetime
{
    private const string Calls = "ioctl,mkdirat,renameat2,unlinkat,linkat,fsync,fchmod,fchmodat";
    private const int Killed = 137;
    private const int MostCalls = 200;

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
            ["snapshot", "delete", _stage.Path + "@new", "--yes"]);
    }

    [Fact]
    public async Task A_delete_takes_all_or_nothing()
    {
        await KillAtEachCallAsync(
            ["snapshot", "delete", _stage.Path + "@two", "--yes"], names => Task.FromResult(names is ["one", "two"] or ["one"]), ["snapshot", "create", _stage.Path + "@two"]);
    }

    [Fact]
    public async Task A_hold_is_there_or_is_not_and_the_snapshot_can_be_deleted_later()
    {
        await KillAtEachCallAsync(
            ["snapshot", "hold", _stage.Path + "@two", "--owner", "me"], names => Task.FromResult(names is ["one", "two"]), ["snapshot", "release", _stage.Path + "@two", "--owner", "me"]);
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
            ["snapshot", "rollback", _stage.Path + "@two", "--yes"],
            ["snapshot", "delete", _stage.Path + "@safe", "--yes"]);
        Assert.Equal(["one", "two"], seen.Order(StringComparer.Ordinal));
    }

    private async Task KillAtEachCallAsync(string[] what, Func<List<string>, Task<bool>> isRight, params string[][] undo)
    {
        using var tool = new Tool();
        bool ended = false;
        for (int call = 1; !ended; call++)
        {
            Assert.True(call < MostCalls);
            Tool.Result result = await tool.RunUntilCallAsync(Calls, call, what);
            Assert.True(result.Exit is 0 or Killed, $"call {call}: {result}");
            ended = result.Exit == 0;
            List<string> names = await _stage.NamesAsync();
            Assert.True(await isRight(names), $"call {call}: {string.Join(' ', names)}");
            (await tool.RunAsync("snapshot", "create", _stage.Path + "@next")).Expect(0); // It sweeps.
            Assert.Empty(_stage.Leftovers());
            (await tool.RunAsync("snapshot", "delete", _stage.Path + "@next", "--yes")).Expect(0);
            foreach (string[] command in undo)
            {
                Tool.Result undone = await tool.RunAsync(command);
                Assert.True(undone.Exit is 0 or 3, $"call {call}: {undone}");
            }

            Assert.Empty(_stage.Leftovers());
        }
    }
}
