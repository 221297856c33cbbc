using System.Text;

namespace StorageEngines.Testing;

public sealed class FaultyCommandRunnerTests
{
    private static readonly CommandRequest Send = new("zfs", ["send"]);

    private readonly ScriptedCommandRunner _inner = new ScriptedCommandRunner().Always("zfs send", CommandScript.Output("0123456789"));
    private readonly FaultyCommandRunner _runner;

    public FaultyCommandRunnerTests() => _runner = new FaultyCommandRunner(_inner) { AfterBytes = 4 };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_a_fault_nothing_is_changed()
    {
        Assert.Equal("0123456789", await Run());
        _runner.Fault = CommandFaultKind.ConnectionLost;
        _runner.Applies = request => request.Program == "rbd";
        Assert.Equal("0123456789", await Run());
    }

    [Theory]
    [InlineData(CommandFaultKind.ToolMissing, EngineReason.ToolMissing)]
    [InlineData(CommandFaultKind.HostUnreachable, EngineReason.ConnectionLost)]
    public async Task Start_fails(CommandFaultKind fault, EngineReason reason)
    {
        _runner.Fault = fault;
        Assert.Equal(reason, (await Assert.ThrowsAsync<StorageCommandException>(Run)).Reason);
        Assert.Empty(_inner.Calls);
    }

    [Theory]
    [InlineData(CommandFaultKind.ConnectionLost, null)]
    [InlineData(CommandFaultKind.Exit, 7)]
    public async Task Output_is_whole_up_to_the_fault_and_then_throws(CommandFaultKind fault, int? exitCode)
    {
        (_runner.Fault, _runner.ExitCode) = (fault, 7);
        await using ICommandExecution execution = await _runner.StartAsync(Send, Cancel);
        byte[] bytes = new byte[4];
        await execution.StandardOutput.ReadExactlyAsync(bytes, Cancel);
        Assert.Equal("0123", Encoding.ASCII.GetString(bytes));
        StorageCommandException failure = await Assert.ThrowsAsync<StorageCommandException>(async () => await execution.StandardOutput.ReadExactlyAsync(bytes, Cancel));
        Assert.Equal(exitCode, failure.ExitCode);
        Exception? completion = await Record.ExceptionAsync(() => execution.Completion);
        Assert.Equal(exitCode is null, completion is StorageCommandException);
    }

    [Fact]
    public async Task Silent_cut_looks_like_a_success()
    {
        _runner.Fault = CommandFaultKind.SilentlyCut;
        Assert.Equal("0123", await Run());
    }

    [Fact]
    public async Task Stalled_command_waits_until_the_reader_gives_up()
    {
        _runner.Fault = CommandFaultKind.Stall;
        using var source = new CancellationTokenSource();
        Task<CommandResult> run = _runner.RunAsync(Send, cancellationToken: source.Token);
        await _runner.Stalled.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        Assert.False(run.IsCompleted);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.Equal(0, _inner.Running);
    }

    [Fact]
    public async Task Slow_command_takes_time_of_the_clock()
    {
        var clock = new ManualTimeProvider();
        (_runner.Fault, _runner.Time) = (CommandFaultKind.Slow, clock);
        Task<string> run = Run();
        for (int read = 0; read < 2; read++)
        {
            Assert.True(SpinWait.SpinUntil(() => clock.ActiveTimers == 1, TimeSpan.FromSeconds(30)));
            Assert.False(run.IsCompleted);
            clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal("0123456789", await run.WaitAsync(TimeSpan.FromSeconds(30), Cancel));
    }

    private async Task<string> Run() => Encoding.ASCII.GetString((await _runner.RunAsync(Send, cancellationToken: Cancel)).StandardOutput.Span);
}
