using System.Text;

namespace StorageEngines.Testing;

public sealed class ScriptedCommandRunnerTests
{
    private static readonly CommandRequest List = new("zfs", ["list", "-H"]);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Expected_command_gives_its_output_once_and_is_recorded()
    {
        ScriptedCommandRunner runner = new ScriptedCommandRunner { Host = "me@there", IsLocal = false }.Expect("zfs list -H", CommandScript.Output("tank\n"));
        CommandResult result = await runner.RunAsync(List with { StandardInput = new MemoryStream([1, 2]) }, cancellationToken: Cancel);
        Assert.Equal("tank\n", Encoding.UTF8.GetString(result.StandardOutput.Span));
        Assert.Equal((0, 0), (result.Exit.ExitCode, runner.Running));
        CommandCall call = Assert.Single(runner.Calls);
        Assert.Equal("zfs list -H", call.Line);
        Assert.Equal([1, 2], call.StandardInput.ToArray());
        runner.Verify();
        await Assert.ThrowsAsync<InvalidOperationException>(() => runner.RunAsync(List, cancellationToken: Cancel));
    }

    [Fact]
    public async Task Unexpected_command_fails_and_says_what_was_expected()
    {
        ScriptedCommandRunner runner = new ScriptedCommandRunner().Expect("zfs get all", CommandScript.Output(""));
        string message = (await Assert.ThrowsAsync<InvalidOperationException>(() => runner.RunAsync(List, cancellationToken: Cancel))).Message;
        Assert.Contains("zfs list -H", message, StringComparison.Ordinal);
        Assert.Contains("zfs get all", message, StringComparison.Ordinal);
        Assert.Contains("zfs get all", Assert.Throws<InvalidOperationException>(runner.Verify).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failing_command_throws_where_its_output_ends()
    {
        ScriptedCommandRunner runner = new ScriptedCommandRunner().Always("zfs list -H", CommandScript.Failure(2, "no such pool") with { StandardOutput = "par"u8.ToArray() });
        StorageCommandException failure = await Assert.ThrowsAsync<StorageCommandException>(() => runner.RunAsync(List, cancellationToken: Cancel));
        Assert.Equal((2, "no such pool"), (failure.ExitCode, failure.StandardErrorTail));
        CommandResult accepted = await runner.RunAsync(List with { SuccessExitCodes = [0, 2], MaxStandardErrorBytes = 4 }, cancellationToken: Cancel);
        Assert.Equal((2, "pool", 12), (accepted.Exit.ExitCode, accepted.Exit.StandardErrorTail, accepted.Exit.StandardErrorBytes));
    }

    [Fact]
    public async Task Execution_that_is_not_disposed_is_told()
    {
        ScriptedCommandRunner runner = new ScriptedCommandRunner().Always("zfs list -H", CommandScript.Output(""));
        ICommandExecution execution = await runner.StartAsync(List, Cancel);
        Assert.Contains("never disposed", Assert.Throws<InvalidOperationException>(runner.Verify).Message, StringComparison.Ordinal);
        await execution.DisposeAsync();
        await execution.DisposeAsync();
        runner.Verify();
    }
}
