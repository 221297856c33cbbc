using System.Text.Json;

namespace StorageEngines.Cli.Tests.Commands;

/// <summary>The commands under <c>store</c>, through the built tool.</summary>
public sealed class StoreTests : IAsyncLifetime
{
    private readonly CliProcess _tool = new();

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(_tool.At("tree"));
        foreach ((string name, int seed) in new[] { ("a", 1), ("b", 2) })
        {
            byte[] content = new byte[200_000];
            new Random(seed).NextBytes(content);
            await File.WriteAllBytesAsync(Path.Combine(_tool.At("tree"), "first"), content, TestContext.Current.CancellationToken);
            await RunAsync("snapshot", "create", At(name));
        }
    }

    public ValueTask DisposeAsync()
    {
        _tool.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task What_a_deleted_snapshot_took_waits_and_is_freed()
    {
        Assert.Contains("'store collect' gives its space back", (await RunAsync("snapshot", "delete", At("a"))).Output, StringComparison.Ordinal);
        string first = (await RunAsync("store", "collect")).Output;
        Assert.Contains("freed: 0 B\nwaiting: ", first, StringComparison.Ordinal);
        JsonElement waiting = (await RunAsync("store", "collect", "--grace", "1h", "--json")).Json;
        Assert.InRange(waiting.GetProperty("pendingBytes").GetInt64(), 200_000, 205_000);
        Assert.True(waiting.GetProperty("pendingUntil").GetDateTimeOffset() > TimeProvider.System.GetUtcNow());
        JsonElement freed = (await RunAsync("store", "collect", "--grace", "0", "--json")).Json;
        Assert.InRange(freed.GetProperty("freedBytes").GetInt64(), 200_000, 205_000);
        Assert.Equal(JsonValueKind.Null, freed.GetProperty("pendingUntil").ValueKind);
        Assert.Contains("checked: no damage", (await RunAsync("store", "check")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Statistics_tell_what_each_snapshot_needs_for_itself()
    {
        JsonElement all = (await RunAsync("store", "stats", "--json")).Json;
        Assert.Equal(400_000, all.GetProperty("uniqueBytes").GetInt64());
        Assert.Equal(1, all.GetProperty("deduplicationRatio").GetDouble());
        Assert.Equal(["a", "b"], all.GetProperty("snapshots").EnumerateArray().Select(one => one.GetProperty("snapshotName").GetString()));
        Assert.All(all.GetProperty("snapshots").EnumerateArray(), one => Assert.InRange(one.GetProperty("exclusiveBytes").GetInt64(), 200_000, 201_000));
        Assert.Contains("deduplication", (await RunAsync("store", "stats")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_repack_merges_packs()
    {
        JsonElement report = (await RunAsync("store", "repack", "--grace", "0", "--json")).Json;
        Assert.Equal((2, 1), (report.GetProperty("packsRewritten").GetInt32(), report.GetProperty("packsWritten").GetInt32()));
        Assert.Single(Directory.GetFiles(Path.Combine(_tool.Store, "packs")));
        Assert.Contains("repacked: 0 packs", (await RunAsync("store", "repack")).Output, StringComparison.Ordinal);
        await RunAsync("verify", At("a"), "@b");
    }

    [Fact]
    public async Task Damage_is_listed_with_what_it_hurts()
    {
        string pack = Directory.GetFiles(Path.Combine(_tool.Store, "packs"))[0];
        byte[] bytes = File.ReadAllBytes(pack);
        bytes[1000] ^= 1;
        File.WriteAllBytes(pack, bytes);
        Assert.Contains("no damage", (await RunAsync("store", "check", "--quick")).Output, StringComparison.Ordinal);
        CliResult result = (await _tool.RunAsync("store", "check")).Expect(10);
        Assert.Contains($"damaged: {pack}: byte 64: block ", result.Output, StringComparison.Ordinal);
        Assert.Contains($"; hurt: 'first' of {_tool.At("tree")}@", result.Output, StringComparison.Ordinal);
        Assert.Contains("checked: 2 damages, 1 snapshots are hurt", result.Output, StringComparison.Ordinal);
        JsonElement json = (await _tool.RunAsync("store", "check", "--json")).Expect(10).Json;
        Assert.False(json.GetProperty("whole").GetBoolean());
        Assert.Equal(2, json.GetProperty("damageCount").GetInt32());
        Assert.Equal("first", json.GetProperty("damages")[1].GetProperty("path").GetString());
    }

    private string At(string name) => _tool.At("tree") + "@" + name;

    private async Task<CliResult> RunAsync(params string[] arguments) => (await _tool.RunAsync(arguments)).Expect(0);
}
