using System.Text.Json;

namespace StorageEngines.Cli.Tests.Commands;

/// <summary><c>status</c> on a directory and on an image, through the built tool.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class StatusTests : IDisposable
{
    private readonly CliProcess _cli = new();
    private readonly string _data;

    public StatusTests()
    {
        _data = _cli.At("data-dir");
        Directory.CreateDirectory(Path.Combine(_data, "sub"));
        foreach (string name in new[] { "written", "gone", "old name", "sub/mode" })
        {
            File.WriteAllText(Path.Combine(_data, name), name);
        }
    }

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Status_lists_what_a_snapshot_would_find_and_takes_none()
    {
        (await _cli.RunAsync("snapshot", "create", $"{_data}@a")).Expect(0);
        Assert.StartsWith("no changes since 'a' of ", (await _cli.RunAsync("status", _data)).Expect(0).Output, StringComparison.Ordinal);
        Change();
        string[] lines = (await _cli.RunAsync("status", _data)).Expect(0).Output.TrimEnd('\n').Split('\n');
        Assert.Equal(["A  new", "D  gone", "M  written", "R  old name -> new name", "m  .", "m  sub/mode"], lines[..^1].Order(StringComparer.Ordinal));
        Assert.Contains("1 modified, 1 added, 1 deleted, 1 renamed, 2 metadata only since 'a'", lines[^1], StringComparison.Ordinal);
        Assert.EndsWith("a snapshot would read 4 files of 31 B", lines[^1], StringComparison.Ordinal);
        Assert.Equal(1, (await _cli.RunAsync("snapshot", "list", _data, "--json")).Expect(0).Json.GetProperty("snapshots").GetArrayLength());

        JsonElement taken = (await _cli.RunAsync("snapshot", "create", $"{_data}@b", "--json")).Expect(0).Json.GetProperty("statistics");
        Assert.Equal((4, 31), (taken.GetProperty("filesRead").GetInt64(), taken.GetProperty("bytesRead").GetInt64()));
        Assert.StartsWith("no changes since 'b'", (await _cli.RunAsync("status", _data)).Expect(0).Output, StringComparison.Ordinal);
        Assert.Equal(lines[..^1], (await _cli.RunAsync("status", _data, "--since", "a", "--quiet")).Expect(0).Output.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public async Task Json_has_a_line_per_path_and_one_with_totals()
    {
        (await _cli.RunAsync("snapshot", "create", $"{_data}@a")).Expect(0);
        Change();
        IReadOnlyList<JsonElement> lines = (await _cli.RunAsync("status", _data, "--json")).Expect(0).JsonLines;
        JsonElement renamed = lines.Single(line => line.TryGetProperty("oldPath", out JsonElement old) && old.GetString() == "old name");
        Assert.Equal(("new name", "renamed"), (renamed.GetProperty("path").GetString(), renamed.GetProperty("kinds")[0].GetString()));
        JsonElement gone = lines.Single(line => line.TryGetProperty("path", out JsonElement path) && path.GetString() == "gone");
        Assert.Equal((4, JsonValueKind.Null), (gone.GetProperty("base").GetProperty("sizeBytes").GetInt64(), gone.GetProperty("live").ValueKind));
        JsonElement totals = lines[^1].GetProperty("totals");
        Assert.Equal(("a", 6, 4, 31), (totals.GetProperty("snapshotName").GetString(), totals.GetProperty("entries").GetInt32(), totals.GetProperty("filesToRead").GetInt32(), totals.GetProperty("bytesToRead").GetInt32()));
    }

    [Fact]
    public async Task An_image_is_told_to_have_changed_or_not()
    {
        string image = _cli.At("disk.img");
        File.WriteAllBytes(image, new byte[100_000]);
        (await _cli.RunAsync("snapshot", "create", $"{image}@a")).Expect(0);
        Assert.StartsWith("no changes", (await _cli.RunAsync("status", image)).Expect(0).Output, StringComparison.Ordinal);
        using (FileStream file = File.OpenWrite(image))
        {
            file.WriteByte(1);
        }

        string said = (await _cli.RunAsync("status", image)).Expect(0).Output;
        Assert.StartsWith("M  .\n", said, StringComparison.Ordinal);
        Assert.Contains("read 1 files of 100,000 B", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_snapshot_to_compare_with_it_fails()
    {
        CliResult never = (await _cli.RunAsync("status", _data)).Expect(12);
        Assert.Contains("no snapshot", never.Error, StringComparison.Ordinal);
        (await _cli.RunAsync("snapshot", "create", $"{_data}@a")).Expect(0);
        (await _cli.RunAsync("status", _data, "--since", "b")).Expect(3);
        (await _cli.RunAsync("status", _data, "--since", "a b")).Expect(2);
    }

    private void Change()
    {
        File.WriteAllText(Path.Combine(_data, "written"), "written anew");
        File.WriteAllText(Path.Combine(_data, "new"), "new");
        File.Delete(Path.Combine(_data, "gone"));
        File.Move(Path.Combine(_data, "old name"), Path.Combine(_data, "new name"));
        File.SetUnixFileMode(Path.Combine(_data, "sub", "mode"), UnixFileMode.UserRead);
    }
}
