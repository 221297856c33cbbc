using System.Diagnostics;

namespace StorageEngines.Cli.Tests.Commands;

/// <summary>Readers that go away, and streams that the caller closed.</summary>
public sealed class ClosedStreamTests : IDisposable
{
    private readonly CliProcess _cli = new();
    private readonly string _data;

    public ClosedStreamTests()
    {
        _data = Directory.CreateDirectory(_cli.At("data-dir")).FullName;
        for (int i = 0; i < 3000; i++)
        {
            File.WriteAllText(Path.Combine(_data, $"file-with-a-longer-name-{i}"), "");
        }
    }

    [Theory]
    [InlineData("diff \"$D@a\" @b")]
    [InlineData("diff \"$D@a\" @b --json")]
    [InlineData("export \"$D@b\" -o -")]
    public async Task A_reader_that_goes_away_ends_the_tool_with_141_and_without_a_word(string command)
    {
        (await _cli.RunAsync("snapshot", "create", $"{_data}@a")).Expect(0);
        foreach (string file in Directory.EnumerateFiles(_data))
        {
            File.WriteAllText(file, "changed");
        }

        (await _cli.RunAsync("snapshot", "create", $"{_data}@b")).Expect(0);
        CliResult result = await BashAsync($"set -o pipefail; \"$TOOL\" {command} | head -c 1 >/dev/null");
        Assert.Empty(result.Error);
        result.Expect(141);
    }

    [Fact]
    public async Task A_closed_standard_error_does_not_put_messages_into_the_store()
    {
        (await BashAsync("\"$TOOL\" snapshot create \"$D@a\" 2>&-")).Expect(0);
        (await BashAsync("\"$TOOL\" snapshot create \"$D/nowhere@a\" 2>&-")).Expect(3);
        (await _cli.RunAsync("verify", $"{_data}@a", "@a")).Expect(0);
    }

    [Fact]
    public async Task A_slow_writer_of_a_named_pipe_is_waited_for()
    {
        (await _cli.RunAsync("snapshot", "create", $"{_data}@a")).Expect(0);
        (await _cli.RunAsync("export", $"{_data}@a", "-o", _cli.At("whole"))).Expect(0);
        (await BashAsync($"\"$TOOL\" apply <(sleep 0.7; cat '{_cli.At("whole")}') '{_cli.At("r")}'")).Expect(0);
        Assert.Equal(3000, Directory.EnumerateFiles(_cli.At("r")).Count());
    }

    [Fact]
    public async Task With_a_closed_standard_output_nothing_is_begun()
    {
        (await BashAsync("\"$TOOL\" snapshot create \"$D@a\" >&-")).Expect(2);
        Assert.False(Directory.Exists(_cli.Store));
    }

    public void Dispose() => _cli.Dispose();

    private async Task<CliResult> BashAsync(string script)
    {
        var start = new ProcessStartInfo("bash", ["-c", script]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["TOOL"] = BuildPaths.Tool;
        start.Environment["D"] = _data;
        start.Environment["STORAGE_ENGINES_STORE"] = _cli.Store;
        using Process process = Process.Start(start)!;
        return await CliProcess.EndAsync(process);
    }
}
