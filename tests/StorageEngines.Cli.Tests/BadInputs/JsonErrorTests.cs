using System.Text.Json;
using StorageEngines.Posix;

namespace StorageEngines.Cli.Tests.BadInputs;

/// <summary>Bad inputs with --json: one object with the exit code, the status and a message.</summary>
public sealed class JsonErrorTests : IDisposable
{
    private readonly CliProcess _cli = new();
    private readonly string _data;

    public JsonErrorTests()
    {
        _data = _cli.At("data-dir");
        Directory.CreateDirectory(_data);
        File.WriteAllText(Path.Combine(_data, "file"), "content");
    }

    [Fact]
    public async Task A_missing_path_is_not_found() => await ErrorAsync(3, "NotFound", "snapshot", "create", _cli.At("nowhere") + "@a");

    [Fact]
    public async Task A_missing_snapshot_is_not_found()
    {
        (await _cli.RunAsync("snapshot", "create", $"{_data}@a")).Expect(0);
        await ErrorAsync(3, "NotFound", "restore", $"{_data}@b", _cli.At("restored"));
    }

    [Fact]
    public async Task An_unknown_engine_is_refused() => await ErrorAsync(3, "NotFound", "probe", $"nosuch:{_data}");

    [Fact]
    public async Task A_restore_onto_something_is_refused()
    {
        (await _cli.RunAsync("snapshot", "create", $"{_data}@a")).Expect(0);
        await ErrorAsync(4, "AlreadyExists", "restore", $"{_data}@a", _data);
    }

    [Fact]
    public async Task A_file_that_is_no_differential_is_damaged_data()
    {
        File.WriteAllText(_cli.At("junk"), "this is no differential");
        await ErrorAsync(10, "DataLoss", "apply", _cli.At("junk"), _data);
    }

    [Fact]
    public async Task A_missing_differential_is_not_found() => await ErrorAsync(3, "NotFound", "apply", _cli.At("nowhere"), _data);

    [Fact]
    public async Task A_deleted_base_asks_for_a_full_copy_or_another_base()
    {
        (await _cli.RunAsync("snapshot", "create", $"{_data}@a")).Expect(0);
        (await _cli.RunAsync("snapshot", "create", $"{_data}@b")).Expect(0);
        (await _cli.RunAsync("snapshot", "delete", $"{_data}@a")).Expect(0);
        await ErrorAsync(12, "FailedPrecondition", "diff", $"{_data}@a", "@b");
    }

    [Fact]
    public async Task Snapshots_of_two_volumes_are_unrelated()
    {
        Directory.CreateDirectory(_cli.At("second"));
        (await _cli.RunAsync("snapshot", "create", $"{_data}@a")).Expect(0);
        (await _cli.RunAsync("snapshot", "create", $"{_cli.At("second")}@a")).Expect(0);
        await ErrorAsync(12, "InvalidArgument", "diff", $"{_data}@a", $"{_cli.At("second")}@a");
    }

    [Fact]
    public async Task A_broken_plug_in_is_named_and_the_others_work()
    {
        string broken = Directory.CreateDirectory(Path.Combine(_cli.At("plug"), "broken")).FullName;
        File.WriteAllText(Path.Combine(broken, "plugin.json"), "{ not json");
        JsonElement json = (await _cli.RunAsync("engines", "--json", "--plugins", _cli.At("plug"))).Expect(0).Json;
        Assert.Contains("broken", json.GetProperty("failures")[0].GetProperty("path").GetString(), StringComparison.Ordinal);
        Assert.Equal(["btrfs", "ceph-rbd", "lvm-thin", "tarrsync", "zfs"], json.GetProperty("engines").EnumerateArray().Select(engine => engine.GetProperty("scheme").GetString()).Order());
    }

    [Fact]
    public async Task Names_that_are_not_utf8_or_hold_line_breaks_are_printed_losslessly()
    {
        (await _cli.RunAsync("snapshot", "create", $"{_data}@a")).Expect(0);
        using (BeneathRoot root = BeneathRoot.Open(BytePath.FromString(_data).Span))
        {
            root.CreateFile([0xFF, (byte)'\n', (byte)'x']).Dispose();
        }

        (await _cli.RunAsync("snapshot", "create", $"{_data}@b")).Expect(0);
        JsonElement line = (await _cli.RunAsync("diff", $"{_data}@a", "@b", "--json")).Expect(0).JsonLines.Single(l => l.GetProperty("path").GetString() != "");
        Assert.Equal(@"\xff\x0ax", line.GetProperty("path").GetString());
        Assert.Contains(@"\xff\x0ax", (await _cli.RunAsync("diff", $"{_data}@a", "@b")).Expect(0).Output, StringComparison.Ordinal);
        using (BeneathRoot root = BeneathRoot.Open(BytePath.FromString(_data).Span))
        {
            root.Unlink([0xFF, (byte)'\n', (byte)'x']);
        }
    }

    public void Dispose() => _cli.Dispose();

    private async Task ErrorAsync(int exitCode, string status, params string[] arguments)
    {
        CliResult result = (await _cli.RunAsync([.. arguments, "--json"])).Expect(exitCode);
        JsonElement error = JsonDocument.Parse(result.Error).RootElement;
        Assert.Equal(status, error.GetProperty("status").GetString());
        Assert.Equal(exitCode, error.GetProperty("exitCode").GetInt32());
        Assert.False(string.IsNullOrEmpty(error.GetProperty("message").GetString()));
    }
}
