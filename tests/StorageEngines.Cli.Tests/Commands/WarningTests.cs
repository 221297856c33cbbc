using System.Text.Json;
using StorageEngines.Testing;

namespace StorageEngines.Cli.Tests.Commands;

/// <summary>What does not stop a command but has to be known: on standard error, and in the JSON.</summary>
public sealed class WarningTests : IDisposable
{
    private const string Note = "The engine other 1.0 could not say whether 'disk' is its own: broken";
    private readonly InMemoryStorageEngine _engine = new();
    private readonly CliProcess _cli = new();

    public WarningTests() => _engine.CreateBlockVolume("disk", 1 << 20);

    [Fact]
    public async Task Notes_of_detection_are_told()
    {
        Assert.Contains($"warning: {Note}\n", (await Cli().RunAsync("snapshot", "create", "disk@a")).Expect(0).Error, StringComparison.Ordinal);
        Assert.Empty((await Cli().RunAsync("snapshot", "list", "disk", "--quiet")).Expect(0).Error);
    }

    [Theory]
    [InlineData("probe", "disk")]
    [InlineData("snapshot", "create", "disk@a")]
    [InlineData("snapshot", "list", "disk")]
    [InlineData("snapshot", "hold", "disk@a", "--owner", "me")]
    [InlineData("verify", "disk@a", "@b")]
    [InlineData("snapshot", "delete", "disk@a")]
    public async Task In_json_they_are_in_the_document(params string[] arguments)
    {
        await Cli().RunAsync("snapshot", "create", "disk@a");
        await Cli().RunAsync("snapshot", "create", "disk@b");
        CliResult result = (await Cli().RunAsync([.. arguments, "--json"])).Expect(0);
        Assert.Equal(Note, Assert.Single(result.Json.GetProperty("warnings").EnumerateArray()).GetString());
        Assert.Empty(result.Error);
    }

    [Fact]
    public async Task Commands_that_print_lines_of_json_warn_in_lines_on_standard_error()
    {
        await Cli().RunAsync("snapshot", "create", "disk@a");
        await Cli().RunAsync("snapshot", "create", "disk@b");
        CliResult result = (await Cli().RunAsync("changes", "disk@a", "@b", "--json")).Expect(0);
        Assert.Equal(Note, JsonDocument.Parse(result.Error).RootElement.GetProperty("warning").GetString());
        Assert.NotEmpty(result.JsonLines);
    }

    [Fact]
    public async Task What_a_restore_could_not_bring_back_is_told()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "backend missing: root: needed to become a user who may not set owners");
        string data = Directory.CreateDirectory(_cli.At("data-dir")).FullName;
        _cli.BecomeNobody();
        (await _cli.RunAsync("snapshot", "create", $"{data}@a")).Expect(0);
        CliResult plain = (await _cli.RunAsync("restore", $"{data}@a", _cli.At("r1"))).Expect(0);
        Assert.Equal("warning: owners are not set, this needs root\n", plain.Error);
        CliResult json = (await _cli.RunAsync("restore", $"{data}@a", _cli.At("r2"), "--json")).Expect(0);
        Assert.Equal("owners are not set, this needs root", Assert.Single(json.Json.GetProperty("warnings").EnumerateArray()).GetString());
        Assert.Empty(json.Error);
    }

    [Fact]
    public async Task A_restore_within_the_volume_warns()
    {
        string data = Directory.CreateDirectory(_cli.At("data-dir")).FullName;
        (await _cli.RunAsync("snapshot", "create", $"{data}@a")).Expect(0);
        Assert.Contains("warning: ", (await _cli.RunAsync("restore", $"{data}@a", Path.Combine(data, "inside"))).Expect(0).Error, StringComparison.Ordinal);
    }

    public void Dispose() => _cli.Dispose();

    private InProcessCli Cli() => new(_engine) { Notes = [Note] };
}
