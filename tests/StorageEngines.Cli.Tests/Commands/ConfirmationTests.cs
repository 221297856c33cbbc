using StorageEngines.Testing;

namespace StorageEngines.Cli.Tests.Commands;

/// <summary>What destroys is asked about on a terminal, and only there.</summary>
public sealed class ConfirmationTests
{
    private readonly InMemoryStorageEngine _engine = new();

    public ConfirmationTests() => _engine.CreateBlockVolume("disk", 1 << 20);

    [Theory]
    [InlineData("y\n", 0)]
    [InlineData("YES\n", 0)]
    [InlineData("n\n", 14)]
    [InlineData("\n", 14)]
    [InlineData("", 14)]
    public async Task On_a_terminal_rollback_and_delete_do_what_the_answer_says(string answer, int exitCode)
    {
        await Terminal("").RunAsync("snapshot", "create", "disk@a");
        CliResult rollback = (await Terminal(answer).RunAsync("snapshot", "rollback", "disk@a")).Expect(exitCode);
        Assert.Contains("What changed since will be lost. [y/N]", rollback.Error, StringComparison.Ordinal);
        CliResult delete = (await Terminal(answer).RunAsync("snapshot", "delete", "disk@a")).Expect(exitCode);
        Assert.Contains("Delete snapshot 'disk@a'", delete.Error, StringComparison.Ordinal);
        Assert.Equal(exitCode != 0, (await Terminal("").RunAsync("snapshot", "list", "disk")).Output.Contains("│ a ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_a_terminal_rollback_needs_a_yes_or_a_safety_snapshot()
    {
        InProcessCli script = new(_engine);
        (await script.RunAsync("snapshot", "create", "disk@a")).Expect(0);
        (await script.RunAsync("snapshot", "rollback", "disk@a")).Expect(2);
        (await script.RunAsync("snapshot", "rollback", "disk@a", "--yes")).Expect(0);
        (await script.RunAsync("snapshot", "rollback", "disk@a", "--safety", "before")).Expect(0);
        (await script.RunAsync("snapshot", "rollback", "disk@a", "--safety", "again", "--destroy-newer")).Expect(2);
        Assert.Empty((await script.RunAsync("snapshot", "delete", "disk@a")).Expect(0).Error);
    }

    [Fact]
    public async Task With_json_nobody_is_ever_asked()
    {
        await Terminal("").RunAsync("snapshot", "create", "disk@a");
        Assert.DoesNotContain("[y/N]", (await Terminal("y\n").RunAsync("snapshot", "rollback", "disk@a", "--json")).Expect(2).Error, StringComparison.Ordinal);
        Assert.Empty((await Terminal("").RunAsync("snapshot", "delete", "disk@a", "--json")).Expect(0).Error);
    }

    [Fact]
    public async Task A_name_that_is_taken_is_said_and_with_new_refused()
    {
        InProcessCli script = new(_engine);
        (await script.RunAsync("snapshot", "create", "disk@a")).Expect(0);
        Assert.Contains("is there already", (await script.RunAsync("snapshot", "create", "disk@a")).Expect(0).Output, StringComparison.Ordinal);
        Assert.True((await script.RunAsync("snapshot", "create", "disk@a", "--json")).Expect(0).Json.GetProperty("wasThere").GetBoolean());
        Assert.False((await script.RunAsync("snapshot", "create", "disk@b", "--json", "--new")).Expect(0).Json.GetProperty("wasThere").GetBoolean());
        (await script.RunAsync("snapshot", "create", "disk@a", "--new")).Expect(4);
    }

    private InProcessCli Terminal(string answer) => new(_engine) { OutputIsTerminal = true, Answer = answer };
}
