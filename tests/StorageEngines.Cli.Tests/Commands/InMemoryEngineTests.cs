using System.Text.Json;
using StorageEngines.Testing;

namespace StorageEngines.Cli.Tests.Commands;

public sealed class InMemoryEngineTests
{
    private readonly InMemoryStorageEngine _engine = new();
    private readonly InProcessCli _cli;
    private readonly InMemoryBlockVolume _disk;

    public InMemoryEngineTests()
    {
        _cli = new InProcessCli(_engine);
        _disk = _engine.CreateBlockVolume("disk", 1 << 20);
    }

    [Fact]
    public async Task Engines_are_listed_as_a_table_and_as_json()
    {
        Assert.Contains("memory", (await _cli.RunAsync("engines")).Expect(0).Output, StringComparison.Ordinal);
        JsonElement engine = (await _cli.RunAsync("engines", "--json")).Expect(0).Json.GetProperty("engines")[0];
        Assert.Equal("memory", engine.GetProperty("scheme").GetString());
        Assert.Equal("1.0", engine.GetProperty("contract").GetString());
    }

    [Fact]
    public async Task Probe_tells_what_a_volume_can_do()
    {
        JsonElement json = (await _cli.RunAsync("probe", "memory:disk", "--json")).Expect(0).Json;
        Assert.Equal("block", json.GetProperty("kind").GetString());
        Assert.Equal(1 << 20, json.GetProperty("capacityBytes").GetInt64());
        Assert.Contains("delta", json.GetProperty("capabilities").EnumerateArray().Select(flag => flag.GetString()));
        Assert.Equal(4096, json.GetProperty("delta").GetProperty("granularityBytes").GetInt64());
    }

    [Fact]
    public async Task Volumes_are_listed_with_sizes_in_bytes()
    {
        JsonElement volume = (await _cli.RunAsync("volumes", "--json")).Expect(0).Json.GetProperty("volumes")[0];
        Assert.Equal("disk", volume.GetProperty("location").GetString());
        Assert.Equal(1 << 20, volume.GetProperty("capacityBytes").GetInt64());
        Assert.Contains("1 MiB", (await _cli.RunAsync("volumes")).Expect(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Snapshots_are_created_listed_held_released_and_deleted()
    {
        JsonElement made = (await _cli.RunAsync("snapshot", "create", "memory:disk@one", "--label", "why=test", "--json")).Expect(0).Json;
        Assert.Equal("one", made.GetProperty("name").GetString());
        Assert.Equal("test", made.GetProperty("labels").GetProperty("why").GetString());
        (await _cli.RunAsync("snapshot", "hold", "memory:disk@one", "--owner", "me")).Expect(0);
        CliResult held = (await _cli.RunAsync("snapshot", "delete", "memory:disk@one")).Expect(7);
        Assert.Contains("hint: see the holds", held.Error, StringComparison.Ordinal);
        JsonElement listed = (await _cli.RunAsync("snapshot", "list", "memory:disk", "--json")).Expect(0).Json.GetProperty("snapshots")[0];
        Assert.Equal("me", listed.GetProperty("holds")[0].GetString());
        (await _cli.RunAsync("snapshot", "release", "memory:disk@one", "--owner", "me")).Expect(0);
        (await _cli.RunAsync("snapshot", "delete", "memory:disk@one")).Expect(0);
        CliResult gone = (await _cli.RunAsync("snapshot", "delete", "memory:disk@one")).Expect(3);
        Assert.Contains("does not exist", gone.Error, StringComparison.Ordinal);
        (await _cli.RunAsync("snapshot", "delete", "memory:disk@one", "--if-exists")).Expect(0);
    }

    [Fact]
    public async Task The_engines_own_stream_goes_to_another_volume()
    {
        await TwoSnapshotsAsync();
        InMemoryBlockVolume other = _engine.CreateBlockVolume("other", 1 << 20);
        string directory = Directory.CreateTempSubdirectory("seng-test-").FullName;
        try
        {
            string full = Path.Combine(directory, "full"), next = Path.Combine(directory, "next");
            (await _cli.RunAsync("export", "memory:disk@a", "--format", "native", "-o", full)).Expect(0);
            JsonElement exported = (await _cli.RunAsync("export", "memory:disk@b", "--base", "@a", "--format", "native", "-o", next, "--json")).Expect(0).Json;
            Assert.Equal(("native", new FileInfo(next).Length, "b"), (exported.GetProperty("format").GetString(), exported.GetProperty("streamBytes").GetInt64(), exported.GetProperty("snapshotName").GetString()));
            (await _cli.RunAsync("apply", next, "memory:other")).Expect(7);
            (await _cli.RunAsync("apply", full, "memory:other")).Expect(0);
            (await _cli.RunAsync("apply", next, "memory:other", "--skip-base-check")).Expect(2);
            JsonElement applied = (await _cli.RunAsync("apply", next, "memory:other", "--json")).Expect(0).Json;
            Assert.Equal((new FileInfo(next).Length, "b"), (applied.GetProperty("streamBytes").GetInt64(), applied.GetProperty("snapshotName").GetString()));
            Assert.Equal(_disk.ReadAll(), other.ReadAll());
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task A_mistyped_snapshot_is_answered_with_the_nearest_name()
    {
        (await _cli.RunAsync("snapshot", "create", "memory:disk@monday")).Expect(0);
        CliResult result = (await _cli.RunAsync("allocated", "memory:disk@mnoday")).Expect(3);
        Assert.Contains("hint: did you mean 'monday'?", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Changes_come_as_batches_of_extents()
    {
        await TwoSnapshotsAsync();
        JsonElement batch = Assert.Single((await _cli.RunAsync("changes", "memory:disk@a", "@b", "--json")).Expect(0).JsonLines);
        Assert.Equal(1 << 20, batch.GetProperty("capacityBytes").GetInt64());
        Assert.Equal(1 << 20, batch.GetProperty("baseCapacityBytes").GetInt64());
        Assert.Equal((JsonValueKind.Null, JsonValueKind.Null), (batch.GetProperty("granularityBytes").ValueKind, batch.GetProperty("mode").ValueKind));
        JsonElement extent = batch.GetProperty("extents")[0];
        Assert.Equal(8192, extent.GetProperty("offset").GetInt64());
        Assert.Equal(4096, extent.GetProperty("length").GetInt64());
        Assert.Equal("data", extent.GetProperty("state").GetString());
        string table = (await _cli.RunAsync("changes", "memory:disk@a", "memory:disk@b")).Expect(0).Output;
        Assert.Matches(@"(?m)^ +8192 +4096  data$", table);
        Assert.Contains("4,096 B (4 KiB)", table, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("csi", "8192")]
    [InlineData("rbd", "\"offset\":8192")]
    [InlineData("borg", "8192 4096 data")]
    public async Task Changes_leave_in_the_formats_of_others(string format, string part)
    {
        await TwoSnapshotsAsync();
        string output = (await _cli.RunAsync("changes", "memory:disk@a", "@b", "--format", format)).Expect(0).Output;
        Assert.Contains(part, output.Replace(" \"", "\"", StringComparison.Ordinal).Replace(": ", ":", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lost_tracking_is_exit_code_12_and_the_fallback_is_only_taken_when_asked_for()
    {
        await TwoSnapshotsAsync();
        _engine.LoseChangeTracking(_disk.Ref);
        CliResult result = (await _cli.RunAsync("changes", "memory:disk@a", "@b")).Expect(12);
        Assert.Contains("hint: ", result.Error, StringComparison.Ordinal);
        JsonElement batch = (await _cli.RunAsync("changes", "memory:disk@a", "@b", "--fallback", "full", "--json")).Expect(0).JsonLines[0];
        Assert.NotEqual("nativeDelta", batch.GetProperty("source").GetString());
    }

    [Fact]
    public async Task The_wrong_order_is_refused_with_a_hint()
    {
        await TwoSnapshotsAsync();
        CliResult result = (await _cli.RunAsync("changes", "memory:disk@b", "@a")).Expect(11);
        Assert.Contains("hint: give the older snapshot first", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Binary_is_not_written_to_a_terminal()
    {
        await TwoSnapshotsAsync();
        var terminal = new InProcessCli(_engine) { OutputIsTerminal = true };
        CliResult result = (await terminal.RunAsync("export", "memory:disk@b", "--base", "@a", "-o", "-")).Expect(2);
        Assert.Contains("refusing to write binary data to a terminal", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_to_standard_output_is_the_stream_and_nothing_else()
    {
        await TwoSnapshotsAsync();
        Assert.StartsWith("rbd diff v", (await _cli.RunAsync("export", "memory:disk@b", "--base", "@a", "-o", "-")).Expect(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_proves_two_snapshots()
    {
        await TwoSnapshotsAsync();
        Assert.StartsWith("verified: identical\n", (await _cli.RunAsync("verify", "memory:disk@a", "@b")).Expect(0).Output, StringComparison.Ordinal);
        Assert.True((await _cli.RunAsync("verify", "memory:disk@a", "@b", "--json")).Expect(0).Json.GetProperty("identical").GetBoolean());
    }

    [Fact]
    public async Task A_terminal_gets_borders_and_a_pipe_gets_none()
    {
        var terminal = new InProcessCli(_engine) { OutputIsTerminal = true };
        Assert.Contains("╭", (await terminal.RunAsync("volumes")).Expect(0).Output, StringComparison.Ordinal);
        string piped = (await _cli.RunAsync("volumes")).Expect(0).Output;
        Assert.DoesNotContain("╭", piped, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b", piped, StringComparison.Ordinal);
    }

    private async Task TwoSnapshotsAsync()
    {
        (await _cli.RunAsync("snapshot", "create", "memory:disk@a", "--quiet")).Expect(0);
        _disk.Write(8192, new byte[] { 1, 2, 3 });
        (await _cli.RunAsync("snapshot", "create", "memory:disk@b", "--quiet")).Expect(0);
    }
}
