using System.Diagnostics;
using System.Text.Json;
using StorageEngines.Cli.Demo;

namespace StorageEngines.Cli.Tests.Commands;

/// <summary>The full cycle by hand on a directory, as the README shows it, through the built tool and the fallback engine.</summary>
public sealed class TreeCycleTests : IDisposable
{
    private readonly CliProcess _cli = new();
    private readonly string _data;

    public TreeCycleTests()
    {
        _data = _cli.At("data-dir");
        Directory.CreateDirectory(Path.Combine(_data, "sub"));
        File.WriteAllBytes(Path.Combine(_data, "big"), Enumerable.Range(0, 1 << 20).Select(i => (byte)(i % 251)).ToArray());
        File.WriteAllText(Path.Combine(_data, "sub", "small"), "small");
        File.WriteAllText(Path.Combine(_data, "gone"), "gone");
    }

    [Fact]
    public async Task Engines_lists_the_fallback_engine_that_comes_with_the_tool()
    {
        JsonElement json = (await _cli.RunAsync("engines", "--json")).Expect(0).Json;
        Assert.Contains("tarrsync", json.GetProperty("engines").EnumerateArray().Select(engine => engine.GetProperty("scheme").GetString()));
        Assert.Equal(0, json.GetProperty("failures").GetArrayLength());
        Assert.True((await _cli.RunAsync("probe", "--json")).Expect(0).Json.GetProperty("engines")[0].GetProperty("usable").GetBoolean());
        Assert.Equal("tree", (await _cli.RunAsync("probe", _data, "--json")).Expect(0).Json.GetProperty("kind").GetString());
    }

    [Theory]
    [InlineData("btrfs")]
    [InlineData("tar")]
    public async Task A_difference_applied_to_the_restored_base_gives_the_live_directory(string format)
    {
        JsonElement first = (await _cli.RunAsync("snapshot", "create", $"{_data}@a", "--json")).Expect(0).Json;
        Assert.True(first.GetProperty("statistics").GetProperty("bytesRead").GetInt64() > 1 << 20);
        Change();
        JsonElement second = (await _cli.RunAsync("snapshot", "create", $"tarrsync:{_data}@b", "--json")).Expect(0).Json;
        Assert.True(second.GetProperty("statistics").GetProperty("filesRead").GetInt64() <= 2);

        IReadOnlyList<JsonElement> diff = (await _cli.RunAsync("diff", $"{_data}@a", "@b", "--json")).Expect(0).JsonLines;
        Assert.Contains(diff, line => PathOf(line) == "gone" && Kinds(line).Contains("removed"));
        Assert.Contains(diff, line => PathOf(line) == "new" && Kinds(line).Contains("added"));
        JsonElement big = diff.Single(line => PathOf(line) == "big");
        Assert.Contains("content", Kinds(big));
        JsonElement extent = Assert.Single(big.GetProperty("extents").EnumerateArray());
        Assert.InRange(500_000, extent.GetProperty("offset").GetInt64(), extent.GetProperty("offset").GetInt64() + extent.GetProperty("length").GetInt64());

        IReadOnlyList<JsonElement> changes = (await _cli.RunAsync("changes", $"{_data}@a", "@b", "--path", "big", "--json")).Expect(0).JsonLines;
        Assert.Equal("hashCompare", changes[0].GetProperty("source").GetString());
        Assert.Contains(" big", (await _cli.RunAsync("changes", $"{_data}@a", "@b")).Expect(0).Output, StringComparison.Ordinal);

        string file = _cli.At("difference");
        (await _cli.RunAsync("export", $"{_data}@b", "--base", "@a", "--format", format, "-o", file)).Expect(0);
        (await _cli.RunAsync("export", $"{_data}@b", "--base", "@a", "--format", format, "-o", file)).Expect(4);
        (await _cli.RunAsync("restore", $"{_data}@a", _cli.At("restored"))).Expect(0);
        (await _cli.RunAsync("apply", file, _cli.At("restored"))).Expect(0);
        Assert.Null(Compare(_data, _cli.At("restored")));
        Assert.StartsWith("verified: identical\n", (await _cli.RunAsync("verify", $"{_data}@a", "@b")).Expect(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_difference_is_not_applied_to_a_base_that_it_was_not_made_from()
    {
        (await _cli.RunAsync("snapshot", "create", $"{_data}@a")).Expect(0);
        Change();
        (await _cli.RunAsync("snapshot", "create", $"{_data}@b")).Expect(0);
        (await _cli.RunAsync("export", $"{_data}@b", "--base", "@a", "-o", _cli.At("difference"))).Expect(0);
        Directory.CreateDirectory(_cli.At("other"));
        CliResult result = (await _cli.RunAsync("apply", _cli.At("difference"), _cli.At("other"), "--json")).Expect(7);
        JsonElement error = JsonDocument.Parse(result.Error).RootElement;
        Assert.Equal("BaseMismatch", error.GetProperty("reason").GetString());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_cli.At("other")));
    }

    [Fact]
    public async Task Rollback_and_clone_bring_a_snapshot_back()
    {
        (await _cli.RunAsync("snapshot", "create", $"{_data}@a")).Expect(0);
        (await _cli.RunAsync("snapshot", "clone", $"{_data}@a", _cli.At("clone"))).Expect(0);
        Assert.Null(Compare(_data, _cli.At("clone")));
        Change();
        (await _cli.RunAsync("snapshot", "rollback", $"{_data}@a", "--safety", "before")).Expect(0);
        Assert.Null(Compare(_data, _cli.At("clone")));
        string names = (await _cli.RunAsync("snapshot", "list", _data)).Expect(0).Output;
        Assert.Contains("before", names, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_that_is_gone_can_still_be_restored()
    {
        (await _cli.RunAsync("snapshot", "create", $"{_data}@a")).Expect(0);
        Directory.Move(_data, _cli.At("moved-away"));
        (await _cli.RunAsync("restore", $"{_data}@a", _cli.At("restored"))).Expect(0);
        Assert.Null(Compare(_cli.At("moved-away"), _cli.At("restored")));
    }

    [Fact]
    public async Task One_file_is_restored()
    {
        (await _cli.RunAsync("snapshot", "create", $"{_data}@a")).Expect(0);
        (await _cli.RunAsync("restore", $"{_data}@a", _cli.At("file"), "--path", "sub/small")).Expect(0);
        Assert.Equal("small", File.ReadAllText(_cli.At("file")));
        (await _cli.RunAsync("restore", $"{_data}@a", _cli.At("other"), "--path", "sub/nosuch")).Expect(3);
        (await _cli.RunAsync("restore", $"{_data}@a", _cli.At("other"), "--path", "sub")).Expect(11);
        Assert.False(Path.Exists(_cli.At("other")));
    }

    [Fact]
    public async Task A_stream_goes_through_pipes()
    {
        (await _cli.RunAsync("snapshot", "create", $"{_data}@a")).Expect(0);
        using Process export = _cli.Start("export", $"{_data}@a", "--format", "btrfs", "-o", "-");
        var stream = new MemoryStream();
        await export.StandardOutput.BaseStream.CopyToAsync(stream, TestContext.Current.CancellationToken);
        (await CliProcess.EndAsync(export)).Expect(0);
        Assert.True(stream.Length > 1 << 20);
    }

    public void Dispose() => _cli.Dispose();

    private static string PathOf(JsonElement line) => line.GetProperty("path").GetString()!;

    private static string?[] Kinds(JsonElement line) => [.. line.GetProperty("kinds").EnumerateArray().Select(kind => kind.GetString())];

    private static string? Compare(string left, string right)
        => new TreeComparer().Compare(BytePath.FromString(left), BytePath.FromString(right), TestContext.Current.CancellationToken);

    private void Change()
    {
        using (FileStream big = File.OpenWrite(Path.Combine(_data, "big")))
        {
            big.Position = 500_000;
            big.Write("changed"u8);
        }

        File.WriteAllText(Path.Combine(_data, "new"), "new");
        File.Delete(Path.Combine(_data, "gone"));
    }
}
