using System.Text.Json;

namespace StorageEngines.Cli.Tests.Commands;

/// <summary>Rolling differences: of plain files, of an image and of one file of a tree.</summary>
public sealed class DeltaCycleTests : IDisposable
{
    private readonly CliProcess _cli = new();
    private readonly byte[] _old = new byte[2 << 20];

    public DeltaCycleTests() => new Random(1).NextBytes(_old);

    private byte[] New => [.. _old.AsSpan(0, 1_000_000), .. "inserted"u8, .. _old.AsSpan(1_000_000)];

    [Fact]
    public async Task Delta_and_patch_of_plain_files_say_what_they_made()
    {
        File.WriteAllBytes(_cli.At("old"), _old);
        File.WriteAllBytes(_cli.At("new"), New);
        JsonElement delta = (await _cli.RunAsync("delta", _cli.At("old"), _cli.At("new"), "-o", _cli.At("d"), "--json")).Expect(0).Json;
        Assert.Equal("delta", delta.GetProperty("action").GetString());
        Assert.Equal(8, delta.GetProperty("newBytes").GetInt64());
        Assert.Equal(new FileInfo(_cli.At("d")).Length, delta.GetProperty("streamBytes").GetInt64());
        JsonElement patch = (await _cli.RunAsync("patch", _cli.At("old"), _cli.At("d"), "-o", _cli.At("made"), "--json")).Expect(0).Json;
        Assert.True(patch.GetProperty("verified").GetBoolean());
        Assert.Equal(delta.GetProperty("resultHash").GetString(), patch.GetProperty("resultHash").GetString());
        Assert.Equal(New, File.ReadAllBytes(_cli.At("made")));

        CliResult again = (await _cli.RunAsync("patch", _cli.At("old"), _cli.At("d"), "-o", _cli.At("made"))).Expect(4);
        Assert.Contains("already there", again.Error, StringComparison.Ordinal);
        (await _cli.RunAsync("patch", _cli.At("new"), _cli.At("d"), "-o", _cli.At("other"))).Expect(7);
        Assert.False(File.Exists(_cli.At("other")));
        (await _cli.RunAsync("delta", _cli.At("old"), _cli.At("new"), "-o", _cli.At("d"))).Expect(4);
        CliResult bare = (await _cli.RunAsync("delta", _cli.At("old"), _cli.At("new"), "-o", _cli.At("d"), "--force", "--bare")).Expect(0);
        Assert.Contains("verified", bare.Output, StringComparison.Ordinal);
        Assert.False((await _cli.RunAsync("patch", _cli.At("old"), _cli.At("d"), "-o", _cli.At("other"), "--json")).Expect(0).Json.GetProperty("verified").GetBoolean());
    }

    [Fact]
    public async Task A_shifted_image_travels_as_what_was_inserted()
    {
        string image = _cli.At("disk.img");
        File.WriteAllBytes(image, _old);
        (await _cli.RunAsync("snapshot", "create", $"{image}@a")).Expect(0);
        File.WriteAllBytes(image, New);
        (await _cli.RunAsync("snapshot", "create", $"{image}@b")).Expect(0);
        (await _cli.RunAsync("restore", $"{image}@a", _cli.At("restored"))).Expect(0);
        (await _cli.RunAsync("export", $"{image}@b", "--base", "@a", "--format", "rdiff", "-o", _cli.At("d"))).Expect(0);
        Assert.InRange(new FileInfo(_cli.At("d")).Length, 8, 400);
        JsonElement applied = (await _cli.RunAsync("apply", _cli.At("d"), _cli.At("restored"), "--json")).Expect(0).Json;
        Assert.Equal("rdiff", applied.GetProperty("format").GetString());
        Assert.Equal(New, File.ReadAllBytes(_cli.At("restored")));
        (await _cli.RunAsync("apply", _cli.At("d"), _cli.At("restored"))).Expect(7);
        (await _cli.RunAsync("export", $"{image}@b", "--format", "rdiff", "-o", _cli.At("x"))).Expect(2);
    }

    [Theory]
    [InlineData("rdiff")]
    [InlineData("rbd")]
    [InlineData("auto")]
    public async Task One_file_of_a_tree_travels_as_an_image(string format)
    {
        string tree = Directory.CreateDirectory(_cli.At("tree")).FullName;
        File.WriteAllBytes(Path.Combine(tree, "disk"), _old);
        (await _cli.RunAsync("snapshot", "create", $"{tree}@a")).Expect(0);
        File.WriteAllBytes(Path.Combine(tree, "disk"), New);
        (await _cli.RunAsync("snapshot", "create", $"{tree}@b")).Expect(0);
        (await _cli.RunAsync("restore", $"{tree}@a", _cli.At("restored"), "--path", "disk")).Expect(0);
        (await _cli.RunAsync("export", $"{tree}@b", "--base", "@a", "--path", "disk", "--format", format, "-o", _cli.At("d"))).Expect(0);
        (await _cli.RunAsync("apply", _cli.At("d"), _cli.At("restored"))).Expect(0);
        Assert.Equal(New, File.ReadAllBytes(_cli.At("restored")));
        (await _cli.RunAsync("export", $"{tree}@b", "--base", "@a", "--path", "disk", "--format", "tar", "-o", _cli.At("x"))).Expect(2);
    }

    public void Dispose() => _cli.Dispose();
}
