using System.Text;

namespace StorageEngines.Transport.Tests.Ssh;

public sealed class OpenSshCommandRunnerTests(SshServer server) : IClassFixture<SshServer>
{
    [Fact]
    public async Task Output_errors_and_exit_code_come_back()
    {
        await using OpenSshCommandRunner runner = Connect();
        CommandResult result = await runner.RunAsync(Shell("printf out; printf err >&2"));
        Assert.Equal("out", Encoding.UTF8.GetString(result.StandardOutput.Span));
        Assert.Equal(("err", 3L, 0), (result.Exit.StandardErrorTail, result.Exit.StandardErrorBytes, result.Exit.ExitCode));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(254)]
    [InlineData(255)]
    public async Task A_failing_command_is_told_from_a_failing_connection(int code)
    {
        await using OpenSshCommandRunner runner = Connect();
        StorageCommandException e = await Assert.ThrowsAsync<StorageCommandException>(() => runner.RunAsync(Shell($"echo why >&2; exit {code}")));
        Assert.Equal((code, "why"), (e.ExitCode, e.StandardErrorTail));
        Assert.NotEqual(EngineReason.ConnectionLost, e.Reason);
        CommandResult accepted = await runner.RunAsync(Shell($"exit {code}") with { SuccessExitCodes = [code] });
        Assert.Equal(code, accepted.Exit.ExitCode);
    }

    [Fact]
    public async Task A_command_that_a_signal_ended_has_128_and_the_signal()
    {
        await using OpenSshCommandRunner runner = Connect();
        Assert.Equal(137, (await Assert.ThrowsAsync<StorageCommandException>(() => runner.RunAsync(Shell("kill -KILL $$")))).ExitCode);
    }

    [Fact]
    public async Task Arguments_arrive_as_they_are()
    {
        await using OpenSshCommandRunner runner = Connect();
        CommandArgument[] odd = ["", " ", "it's", "$(id)`id`", "a\nb\n", "-n", "*", "\\", "\"", "ü", "!x", new(new byte[] { 0xFF, 0xC3, 0x28, 0x0A })];
        CommandResult result = await runner.RunAsync(new CommandRequest("printf", ["%s|", .. odd]));
        Assert.Equal([.. odd.SelectMany(a => a.Bytes.ToArray().Append((byte)'|'))], result.StandardOutput.ToArray());
    }

    [Fact]
    public async Task Variables_reach_the_command_and_messages_are_in_plain_English()
    {
        await using OpenSshCommandRunner runner = Connect();
        CommandRequest request = Shell("printf '%s %s' \"$A\" \"$LC_ALL\"") with { Environment = new Dictionary<string, string> { ["A"] = "it's; $x" } };
        Assert.Equal("it's; $x C", Encoding.UTF8.GetString((await runner.RunAsync(request)).StandardOutput.Span));
    }

    [Fact]
    public async Task A_missing_program_is_named()
    {
        await using OpenSshCommandRunner runner = Connect();
        StorageCommandException e = await Assert.ThrowsAsync<StorageCommandException>(() => runner.RunAsync(new CommandRequest("seng-no-such-program", [])));
        Assert.Equal(EngineReason.ToolMissing, e.Reason);
        Assert.Contains("seng-no-such-program", e.Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1024)]
    [InlineData(1025)]
    [InlineData(262_144)]
    [InlineData(20_000_001)]
    public async Task Input_arrives_whole(int length)
    {
        await using OpenSshCommandRunner runner = Connect();
        var data = new byte[length];
        new Random(7).NextBytes(data);
        CommandResult result = await runner.RunAsync(new CommandRequest("cat", []) { StandardInput = new MemoryStream(data) }, maxOutputBytes: 64 << 20);
        Assert.True(result.StandardOutput.Span.SequenceEqual(data));
    }

    [Theory]
    [InlineData(" leading and trailing \t \n\n ")]
    [InlineData("%s %b \\ \\0101 $HOME `id` \"'*~")]
    [InlineData("0\n")]
    [InlineData("t12\n0\n")]
    public async Task Short_input_is_not_taken_for_anything_else(string input)
    {
        await using OpenSshCommandRunner runner = Connect();
        byte[] data = [.. Encoding.ASCII.GetBytes(input), .. Enumerable.Range(0, 256).Select(each => (byte)each)];
        CommandResult result = await runner.RunAsync(new CommandRequest("cat", []) { StandardInput = new MemoryStream(data) });
        Assert.Equal(data, result.StandardOutput.ToArray());
    }

    [Fact]
    public async Task A_command_need_not_read_its_input()
    {
        await using OpenSshCommandRunner runner = Connect();
        Assert.Equal("done", Encoding.ASCII.GetString((await runner.RunAsync(Shell("exec <&-; sleep 0.2; printf done") with { StandardInput = new MemoryStream(new byte[9]) })).StandardOutput.Span));
        CommandRequest request = Shell("head -c 5; sleep 0.2; printf done") with { StandardInput = new MemoryStream(new byte[8 << 20]) };
        Assert.Equal("\0\0\0\0\0done", Encoding.ASCII.GetString((await runner.RunAsync(request)).StandardOutput.Span));
    }

    [Fact]
    public async Task A_large_output_streams_whole_and_slowly_read_output_waits()
    {
        await using OpenSshCommandRunner runner = Connect();
        await using ICommandExecution execution = await runner.StartAsync(Shell("head -c 268435456 /dev/zero"));
        var buffer = new byte[1 << 20];
        long total = 0;
        int read;
        while ((read = await execution.StandardOutput.ReadAsync(buffer)) > 0)
        {
            total += read;
        }

        Assert.Equal(268_435_456, total);
        Assert.Equal(0, (await execution.Completion).ExitCode);
    }

    [Fact]
    public async Task Fifty_commands_at_once_share_one_connection()
    {
        await using OpenSshCommandRunner runner = Connect();
        CommandResult[] results = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => runner.RunAsync(Shell($"echo {i}; echo \"$SSH_CONNECTION\""))));
        string[][] lines = [.. results.Select(r => Encoding.ASCII.GetString(r.StandardOutput.Span).Split('\n'))];
        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"{i}"), lines.Select(l => l[0]));
        Assert.Single(lines.Select(l => l[1]).Distinct());
    }

    [Fact]
    public async Task What_a_command_leaves_running_is_ended_with_it()
    {
        await using OpenSshCommandRunner runner = Connect();
        string mark = $"31{Environment.ProcessId}.5";
        await runner.RunAsync(Shell($"sleep {mark} >/dev/null 2>&1 & echo started"));
        await Eventually(() => !IsRunning($"sleep {mark}"), "what the command started still runs");
    }

    [Theory]
    [InlineData("-oProxyCommand=touch /tmp/x")]
    [InlineData("")]
    [InlineData("a b")]
    public void Hosts_that_would_be_options_are_refused(string host)
        => Assert.Throws<ArgumentException>(() => new OpenSshCommandRunner(new SshOptions(host)));

    [Fact]
    public void Options_out_of_range_are_named()
        => Assert.Contains("MaxSessions", Assert.Throws<ArgumentException>(() => new OpenSshCommandRunner(new SshOptions("host") { MaxSessions = 11 })).Message);

    internal static CommandRequest Shell(string script) => new("sh", ["-c", script]);

    internal static bool IsRunning(string commandLine)
        => Directory.EnumerateFiles("/proc", "cmdline", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1, IgnoreInaccessible = true })
            .Any(file => ReadCommandLine(file) == commandLine);

    internal static async Task Eventually(Func<bool> condition, string otherwise)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!condition())
        {
            Assert.False(limit.IsCancellationRequested, otherwise);
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }
    }

    private static string ReadCommandLine(string file)
    {
        try
        {
            return File.ReadAllText(file).TrimEnd('\0').Replace('\0', ' ');
        }
        catch (IOException)
        {
            return "";
        }
    }

    private OpenSshCommandRunner Connect()
    {
        server.SkipIfMissing();
        return new OpenSshCommandRunner(server.Options);
    }
}
