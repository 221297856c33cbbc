using System.Globalization;
using System.Text;

namespace StorageEngines.Transport.Tests;

public sealed class LocalCommandRunnerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly LocalCommandRunner _runner = new();

    [Fact]
    public async Task Output_and_exit_come_back()
    {
        CommandResult result = await _runner.RunAsync(Shell("printf out; printf err >&2"));
        Assert.Equal("out", Text(result));
        Assert.Equal((0, "err", 3L), (result.Exit.ExitCode, result.Exit.StandardErrorTail, result.Exit.StandardErrorBytes));
        Assert.True(_runner.IsLocal);
    }

    [Fact]
    public async Task Arguments_arrive_byte_for_byte()
    {
        byte[][] arguments =
        [
            "plain"u8.ToArray(), [], "a b"u8.ToArray(), "it's \"$HOME\" `id` \\ *"u8.ToArray(), "line\nbreak\n"u8.ToArray(), "ä€😀"u8.ToArray(),
            [0xFF, 0xFE, (byte)'\n', (byte)'\n'], [0xC3], "\\x41%s"u8.ToArray(), [.. Enumerable.Range(1, 255).Select(i => (byte)i)],
            "ten"u8.ToArray(), "eleven"u8.ToArray(), "twelve"u8.ToArray(),
        ];
        foreach (byte[][] some in new[] { arguments, [.. arguments.Where(a => a.All(b => b < 0x80))] })
        {
            var request = new CommandRequest("/bin/sh", ["-c", """for a in "$@"; do printf '%s\0' "$a"; done""", "sh", .. some.Select(a => new CommandArgument(a))]);
            CommandResult result = await _runner.RunAsync(request);
            byte[] expected = [.. some.SelectMany(a => a.Append((byte)0))];
            Assert.Equal(expected, result.StandardOutput.ToArray());
        }
    }

    [Fact]
    public async Task Failure_is_told_by_the_last_read_and_never_by_a_clean_end()
    {
        await using ICommandExecution execution = await _runner.StartAsync(Shell("printf half; echo no such pool >&2; exit 3"));
        var buffer = new byte[100];
        Assert.Equal(4, await execution.StandardOutput.ReadAtLeastAsync(buffer, 4));
        StorageCommandException e = await Assert.ThrowsAsync<StorageCommandException>(async () => await execution.StandardOutput.ReadExactlyAsync(buffer));
        Assert.Equal((3, "no such pool", "localhost"), (e.ExitCode, e.StandardErrorTail, e.Host));
        Assert.Equal(3, (await execution.Completion).ExitCode);
    }

    [Fact]
    public async Task Other_success_codes_can_be_named()
    {
        CommandResult result = await _runner.RunAsync(Shell("printf x; exit 24") with { SuccessExitCodes = [0, 24] });
        Assert.Equal((24, "x"), (result.Exit.ExitCode, Text(result)));
    }

    [Fact]
    public async Task Command_killed_by_a_signal_is_no_success()
    {
        StorageCommandException e = await Assert.ThrowsAsync<StorageCommandException>(() => _runner.RunAsync(Shell("kill -KILL $$")));
        Assert.Equal(137, e.ExitCode);
    }

    [Theory]
    [InlineData("seng-test-no-such-program")]
    [InlineData("/seng-test/no/such/program")]
    [InlineData("/etc/passwd")]
    public async Task Missing_program_is_told_apart(string program)
    {
        StorageCommandException e = await Assert.ThrowsAsync<StorageCommandException>(() => _runner.RunAsync(new CommandRequest(program, [])));
        Assert.Equal((EngineReason.ToolMissing, Recovery.OperatorAction), (e.Reason, e.Recovery));
        Assert.Contains($"'{program}'", e.Message);
    }

    [Fact]
    public async Task Malformed_request_is_refused()
    {
        await Assert.ThrowsAsync<ArgumentException>(async () => await _runner.StartAsync(new CommandRequest("", [])));
        await Assert.ThrowsAsync<ArgumentException>(async () => await _runner.StartAsync(new CommandRequest("a\0b", [])));
        await Assert.ThrowsAsync<ArgumentException>(async () => await _runner.StartAsync(new CommandRequest("true", []) { MaxStandardErrorBytes = -1 }));
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await _runner.StartAsync(new CommandRequest("true", []) { Environment = new Dictionary<string, string> { ["A=B"] = "" } }));
    }

    [Fact]
    public async Task Standard_error_is_bounded_and_keeps_its_end()
    {
        CommandRequest request = Shell("i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done >&2; exit 1") with { MaxStandardErrorBytes = 100 };
        StorageCommandException e = await Assert.ThrowsAsync<StorageCommandException>(() => _runner.RunAsync(request));
        Assert.EndsWith("line 19999", e.StandardErrorTail);
        Assert.True(e.StandardErrorTail.Length <= 100);
    }

    [Fact]
    public async Task Input_output_and_errors_flow_at_once()
    {
        byte[] input = new byte[8 * 1024 * 1024];
        new Random(1).NextBytes(input);
        CommandRequest request = Shell("head -c 1000000 /dev/zero >&2; cat") with { StandardInput = new MemoryStream(input) };
        CommandResult result = await _runner.RunAsync(request);
        Assert.True(result.StandardOutput.Span.SequenceEqual(input));
        Assert.Equal(1_000_000, result.Exit.StandardErrorBytes);
    }

    [Fact]
    public async Task Command_that_does_not_want_its_input_is_no_failure()
    {
        CommandRequest request = Shell("exit 0") with { StandardInput = new MemoryStream(new byte[4 * 1024 * 1024]) };
        Assert.Equal(0, (await _runner.RunAsync(request)).Exit.ExitCode);
    }

    [Fact]
    public async Task Input_that_breaks_off_is_not_taken_for_the_whole()
    {
        StorageCommandException e = await Assert.ThrowsAsync<StorageCommandException>(() => _runner.RunAsync(Shell("cat >/dev/null; echo done") with { StandardInput = new BrokenStream() }));
        Assert.Equal(EngineReason.StreamCorrupt, e.Reason);
    }

    [Fact]
    public async Task Cancelled_command_never_sees_the_end_of_its_input()
    {
        for (int i = 0; i < 3; i++)
        {
            string mark = Path.Combine(Path.GetTempPath(), $"seng-test-mark-{Guid.NewGuid():N}");
            using var cancel = new CancellationTokenSource();
            using var input = new NeverEndingStream();
            // A receiver that takes the end of its input for the whole, and does not end by SIGTERM.
            CommandRequest request = Shell($"trap '' TERM; echo $$ $$; cat >/dev/null; touch {mark}") with { StandardInput = input };
            await using ICommandExecution execution = await _runner.StartAsync(request, cancel.Token);
            await ReadProcessesAsync(execution, 2);
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => execution.Completion.WaitAsync(Patience));
            await execution.DisposeAsync();
            Assert.False(File.Exists(mark), "the command took half of its input for the whole");
        }
    }

    [Fact]
    public async Task Environment_is_passed_and_the_locale_is_plain()
    {
        CommandRequest request = Shell("printf '%s %s' \"$SENG\" \"$LC_ALL\"") with { Environment = new Dictionary<string, string> { ["SENG"] = "a b" } };
        Assert.Equal("a b C", Text(await _runner.RunAsync(request)));
    }

    [Fact]
    public async Task Cancel_ends_the_command_and_its_children()
    {
        using var cancel = new CancellationTokenSource();
        // Both ignore SIGTERM, and the child is in the background.
        await using ICommandExecution execution = await _runner.StartAsync(Shell("trap '' TERM; sleep 1000 & echo $$ $!; wait; wait"), cancel.Token);
        int[] processes = await ReadProcessesAsync(execution, 2);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => execution.Completion.WaitAsync(Patience));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await execution.StandardOutput.ReadExactlyAsync(new byte[10]));
        await execution.DisposeAsync();
        await AssertGoneAsync(processes);
    }

    [Fact]
    public async Task Dispose_ends_a_command_whose_output_nobody_reads()
    {
        ICommandExecution execution = await _runner.StartAsync(Shell("echo $$; cat /dev/zero"));
        int[] processes = await ReadProcessesAsync(execution, 1);
        await execution.DisposeAsync();
        await AssertGoneAsync(processes);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await execution.StandardOutput.ReadExactlyAsync(new byte[10]));
        await execution.DisposeAsync();
    }

    [Fact]
    public async Task Cancelled_before_the_start_starts_nothing()
        => await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await _runner.StartAsync(Shell("true"), new CancellationToken(canceled: true)));

    [Fact]
    public async Task Many_commands_run_at_once()
    {
        CommandResult[] results = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => _runner.RunAsync(Shell($"echo {i}"))));
        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"{i}\n"), results.Select(Text));
    }

    [Fact]
    public async Task Commands_that_end_before_their_input_was_begun_end_well()
    {
        // Each takes the pipe to its input on another thread than the one that sees its end; with many at once the two meet.
        await Parallel.ForEachAsync(Enumerable.Range(0, 1500), new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (i, cancellationToken) =>
        {
            CommandRequest request = new CommandRequest("true", []) with { StandardInput = i % 3 == 0 ? new MemoryStream(new byte[100_000]) : null };
            await using ICommandExecution execution = await _runner.StartAsync(request, cancellationToken);
            if (i % 2 == 0)
            {
                Assert.Equal(0, (await execution.Completion).ExitCode);
            }
        });
    }

    [Fact]
    public async Task Slow_reader_holds_the_command_back()
    {
        await using ICommandExecution execution = await _runner.StartAsync(Shell("head -c 100000000 /dev/zero; echo finished >&2"));
        Assert.False(await Task.WhenAny(execution.Completion, Task.Delay(TimeSpan.FromMilliseconds(300))) == execution.Completion);
        await execution.StandardOutput.CopyToAsync(Stream.Null);
        Assert.Equal("finished", (await execution.Completion).StandardErrorTail);
    }

    private static CommandRequest Shell(string script) => new("sh", ["-c", script]);

    private static string Text(CommandResult result) => Encoding.UTF8.GetString(result.StandardOutput.Span);

    private static async Task<int[]> ReadProcessesAsync(ICommandExecution execution, int count)
    {
        var line = new StringBuilder();
        var buffer = new byte[1];
        while (await execution.StandardOutput.ReadAsync(buffer) > 0 && buffer[0] != '\n')
        {
            line.Append((char)buffer[0]);
        }

        int[] processes = [.. line.ToString().Split(' ').Select(text => int.Parse(text, CultureInfo.InvariantCulture))];
        Assert.Equal(count, processes.Length);
        return processes;
    }

    private static async Task AssertGoneAsync(int[] processes)
    {
        using var deadline = new CancellationTokenSource(Patience);
        while (processes.Any(id => Directory.Exists($"/proc/{id}") && !IsZombie(id)))
        {
            Assert.False(deadline.IsCancellationRequested, $"Still there: {string.Join(", ", processes)}.");
            await Task.Yield();
        }
    }

    private static bool IsZombie(int id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return true;
        }
    }

    private sealed class NeverEndingStream : MemoryStream
    {
        private int _reads;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_reads++ > 0)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            }

            return buffer.Length;
        }
    }

    private sealed class BrokenStream : MemoryStream
    {
        private bool _begun;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_begun)
            {
                throw new IOException("the disk is gone");
            }

            _begun = true;
            buffer.Span.Clear();
            return new(buffer.Length);
        }
    }
}
