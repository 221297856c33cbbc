using StorageEngines.Testing;

namespace StorageEngines.Cli.Tests.Commands;

public sealed class UsageTests
{
    private readonly InProcessCli _cli = new(new InMemoryStorageEngine());

    [Theory]
    [InlineData("snpashot", "did you mean 'snapshot'?")]
    [InlineData("snapshot lsit", "did you mean 'list'?")]
    [InlineData("changes a@b @c --pth x", "did you mean '--path'?")]
    [InlineData("rollback /srv/data@monday --yes", "unknown command 'rollback' for 'storage-engines'")]
    [InlineData("rollback /srv/data@monday", "did you mean 'snapshot rollback'?")]
    [InlineData("check", "did you mean 'store check'?")]
    [InlineData("--hlp", "did you mean '--help'")]
    [InlineData("snapshot", "see 'storage-engines snapshot --help'")]
    [InlineData("changes", "see 'storage-engines changes --help'")]
    [InlineData("changes a@b @c --format tabel", "see 'storage-engines changes --help'")]
    [InlineData("snapshot create nothing", "use VOLUME@NAME")]
    [InlineData("snapshot create v@-bad", "not beginning with")]
    [InlineData("changes v@a @", "not beginning with")]
    [InlineData("volumes nosuch", "'engines' lists")]
    [InlineData("--plugins /nowhere/at/all engines extra", "--help")]
    [InlineData("completion tcsh", "--help")]
    public async Task A_mistyped_command_line_is_exit_code_2_with_a_hint(string line, string hint)
    {
        CliResult result = (await _cli.RunAsync(line.Split(' '))).Expect(2);
        Assert.StartsWith("error: ", result.Error, StringComparison.Ordinal);
        Assert.Contains("\nhint: ", result.Error, StringComparison.Ordinal);
        Assert.Contains(hint, result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Fact]
    public async Task With_json_an_error_is_one_json_object_on_standard_error()
    {
        CliResult result = (await _cli.RunAsync("--json", "snpashot")).Expect(2);
        System.Text.Json.JsonElement error = System.Text.Json.JsonDocument.Parse(result.Error).RootElement;
        Assert.Equal(2, error.GetProperty("exitCode").GetInt32());
        Assert.Equal("InvalidArgument", error.GetProperty("status").GetString());
        Assert.Equal("FixRequest", error.GetProperty("recovery").GetString());
        Assert.Contains("snapshot", error.GetProperty("hint").GetString(), StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Theory]
    [InlineData("/h")]
    [InlineData("/?")]
    public async Task A_path_is_never_taken_for_a_question(string path)
        => (await _cli.RunAsync("probe", path)).Expect(3);

    [Fact]
    public async Task A_target_that_begins_with_an_at_sign_is_no_response_file()
    {
        CliResult result = (await _cli.RunAsync("changes", "nosuch@a", "@b")).Expect(3);
        Assert.DoesNotContain("response", result.Error, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("bash", "complete -o default -F _storage_engines_complete storage-engines")]
    [InlineData("zsh", "compdef _storage_engines storage-engines")]
    [InlineData("fish", "complete -c storage-engines")]
    public async Task Completion_prints_a_script(string shell, string part)
        => Assert.Contains(part, (await _cli.RunAsync("completion", shell)).Expect(0).Output, StringComparison.Ordinal);
}
