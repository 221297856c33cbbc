using System.Text.Json;

namespace StorageEngines.Cli.Tests.Demo;

public sealed class DemoTests : IDisposable
{
    private readonly CliProcess _cli = new();
    private readonly string _data;

    public DemoTests()
    {
        _data = Directory.CreateDirectory(_cli.At("data-dir")).FullName;
        for (int i = 0; i < 50; i++)
        {
            File.WriteAllText(Path.Combine(_data, $"file{i}"), new string((char)('a' + (i % 26)), 1000 * i));
        }

        File.CreateSymbolicLink(Path.Combine(_data, "link"), "file1");
    }

    [Fact]
    public async Task The_demo_on_a_directory_ends_with_verified_identical_and_leaves_nothing()
    {
        string[] before = Listing();
        CliResult result = (await _cli.RunAsync("demo", _data)).Expect(0);
        Assert.EndsWith("verified: identical\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("bytes read for the second snapshot", result.Output, StringComparison.Ordinal);
        Assert.Contains("For the unchanged part nothing was read", result.Output, StringComparison.Ordinal);
        Assert.Equal(before, Listing());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_cli.Temporary, "storage-engines-demo-*"));
        Assert.False(Directory.Exists(_cli.Store));
    }

    [Fact]
    public async Task The_demo_prints_its_figures_as_json()
    {
        JsonElement json = (await _cli.RunAsync("demo", _data, "--json")).Expect(0).Json;
        Assert.True(json.GetProperty("identical").GetBoolean());
        Assert.True(json.GetProperty("secondSnapshotReadBytes").GetInt64() < json.GetProperty("volumeBytes").GetInt64());
        Assert.True(json.GetProperty("changedBytes").GetInt64() > 0);
        Assert.True(json.GetProperty("differentialBytes").GetInt64() > 0);
    }

    [Fact]
    public async Task The_demo_refuses_to_work_within_the_directory()
        => Assert.Contains("--work", (await _cli.RunAsync("demo", _data, "--work", _data)).Expect(2).Error, StringComparison.Ordinal);

    [Fact]
    public async Task A_directory_that_is_not_there_is_not_found() => (await _cli.RunAsync("demo", _cli.At("nowhere"))).Expect(3);

    public void Dispose() => _cli.Dispose();

    private string[] Listing()
        => [.. new DirectoryInfo(_data).EnumerateFiles().Select(file => $"{file.Name} {file.Length} {file.LastWriteTimeUtc.Ticks}").Order(StringComparer.Ordinal)];
}
