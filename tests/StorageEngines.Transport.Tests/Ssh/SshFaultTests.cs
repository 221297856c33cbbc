using System.Text;

namespace StorageEngines.Transport.Tests.Ssh;

/// <summary>What goes wrong on the way. Each test has a server of its own, because most of them damage it.</summary>
public sealed class SshFaultTests : IAsyncLifetime
{
    private readonly SshServer _server = new();

    public async ValueTask InitializeAsync() => await _server.InitializeAsync();

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task An_unknown_host_is_refused()
    {
        _server.SkipIfMissing();
        string empty = Path.Combine(_server.Folder, "empty");
        await File.WriteAllTextAsync(empty, "");
        StorageCommandException e = await FailToConnectAsync(_server.Options with { KnownHostsFile = empty });
        Assert.Equal((EngineReason.HostNotTrusted, EngineStatus.Unauthenticated), (e.Reason, e.Status));
        Assert.Contains("not known", e.Message);
    }

    [Fact]
    public async Task A_host_with_another_key_is_refused()
    {
        _server.SkipIfMissing();
        string changed = Path.Combine(_server.Folder, "changed");
        string key = string.Join(' ', (await File.ReadAllTextAsync(Path.Combine(_server.Folder, "stranger.pub"))).Split(' ')[..2]);
        await File.WriteAllTextAsync(changed, $"[127.0.0.1]:{_server.Port} {key}\n");
        StorageCommandException e = await FailToConnectAsync(_server.Options with { KnownHostsFile = changed });
        Assert.Equal(EngineReason.HostNotTrusted, e.Reason);
        Assert.Contains("not the known one", e.Message);
    }

    [Fact]
    public async Task A_refused_login_says_so()
    {
        _server.SkipIfMissing();
        StorageCommandException e = await FailToConnectAsync(_server.Options with { IdentityFile = Path.Combine(_server.Folder, "stranger") });
        Assert.Equal(EngineStatus.Unauthenticated, e.Status);
        Assert.Contains("refused the login", e.Message);
    }

    [Fact]
    public async Task A_host_that_is_down_can_be_tried_again()
    {
        _server.SkipIfMissing();
        await _server.DisposeAsync();
        Directory.CreateDirectory(_server.Folder);
        StorageCommandException e = await FailToConnectAsync(_server.Options);
        Assert.Equal((EngineReason.ConnectionLost, true), (e.Reason, e.IsTransient));
    }

    [Fact]
    public async Task A_connection_lost_in_mid_stream_is_no_end_and_the_next_command_works()
    {
        _server.SkipIfMissing();
        await using var runner = new OpenSshCommandRunner(_server.Options);
        await using (ICommandExecution execution = await runner.StartAsync(OpenSshCommandRunnerTests.Shell("while :; do echo line; done")))
        {
            var buffer = new byte[4096];
            Assert.NotEqual(0, await execution.StandardOutput.ReadAsync(buffer));
            foreach (int process in _server.SessionProcesses())
            {
                SshServer.Signal(process, 9);
            }

            StorageCommandException e = await Assert.ThrowsAsync<StorageCommandException>(async () => await DrainAsync(execution.StandardOutput));
            Assert.Equal((EngineReason.ConnectionLost, true, true), (e.Reason, e.OutcomeUnknown, e.IsTransient));
        }

        Assert.Equal("back\n", Encoding.ASCII.GetString((await runner.RunAsync(OpenSshCommandRunnerTests.Shell("echo back"))).StandardOutput.Span));
    }

    [Fact]
    public async Task A_stalled_connection_is_noticed()
    {
        _server.SkipIfMissing();
        await using var runner = new OpenSshCommandRunner(_server.Options);
        await using ICommandExecution execution = await runner.StartAsync(OpenSshCommandRunnerTests.Shell("echo first; exec sleep 600"));
        var buffer = new byte[4096];
        Assert.Equal(6, await execution.StandardOutput.ReadAsync(buffer));
        foreach (int process in _server.SessionProcesses())
        {
            SshServer.Signal(process, 19);
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        StorageCommandException e = await Assert.ThrowsAsync<StorageCommandException>(() => DrainAsync(execution.StandardOutput, limit.Token));
        Assert.Equal(EngineReason.ConnectionLost, e.Reason);
    }

    [Fact]
    public async Task Cancel_ends_the_remote_command()
    {
        _server.SkipIfMissing();
        await using var runner = new OpenSshCommandRunner(_server.Options);
        string mark = $"7{Environment.ProcessId}.25";
        using var source = new CancellationTokenSource();
        await using ICommandExecution execution = await runner.StartAsync(OpenSshCommandRunnerTests.Shell($"echo up; sleep {mark}; echo never"), source.Token);
        var buffer = new byte[64];
        Assert.Equal(3, await execution.StandardOutput.ReadAsync(buffer));
        await OpenSshCommandRunnerTests.Eventually(() => OpenSshCommandRunnerTests.IsRunning($"sleep {mark}"), "the remote command does not run");
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await DrainAsync(execution.StandardOutput));
        await OpenSshCommandRunnerTests.Eventually(() => !OpenSshCommandRunnerTests.IsRunning($"sleep {mark}"), "the remote command still runs");
    }

    [Fact]
    public async Task Dispose_before_the_end_ends_the_remote_command()
    {
        _server.SkipIfMissing();
        await using var runner = new OpenSshCommandRunner(_server.Options);
        string mark = $"8{Environment.ProcessId}.25";
        await using (ICommandExecution execution = await runner.StartAsync(OpenSshCommandRunnerTests.Shell($"trap '' TERM; echo up; sleep {mark}")))
        {
            Assert.Equal(3, await execution.StandardOutput.ReadAsync(new byte[64]));
        }

        await OpenSshCommandRunnerTests.Eventually(() => !OpenSshCommandRunnerTests.IsRunning($"sleep {mark}"), "the remote command still runs");
    }

    [Fact]
    public async Task A_lost_connection_does_not_look_like_the_end_of_the_input_to_the_command()
    {
        _server.SkipIfMissing();
        string written = Path.Combine(_server.Folder, "written");
        await using var runner = new OpenSshCommandRunner(_server.Options);
        using var endless = new EndlessStream();
        await using ICommandExecution execution = await runner.StartAsync(
            OpenSshCommandRunnerTests.Shell($"cat >/dev/null; echo whole >'{written}'") with { StandardInput = endless });
        await OpenSshCommandRunnerTests.Eventually(() => endless.Given > 1 << 20, "no input was taken");
        foreach (int process in _server.SessionProcesses().Where(IsDaemonChild))
        {
            SshServer.Signal(process, 9);
        }

        await Assert.ThrowsAsync<StorageCommandException>(async () => await DrainAsync(execution.StandardOutput));
        await OpenSshCommandRunnerTests.Eventually(() => !OpenSshCommandRunnerTests.IsRunning("cat"), "the command still runs");
        Assert.False(File.Exists(written), "the command took a broken input for a whole one");
    }

    private static bool IsDaemonChild(int process)
        => File.Exists($"/proc/{process}/comm") && File.ReadAllText($"/proc/{process}/comm").StartsWith("sshd", StringComparison.Ordinal);

    private static async Task<StorageCommandException> FailToConnectAsync(SshOptions options)
    {
        await using var runner = new OpenSshCommandRunner(options);
        return await Assert.ThrowsAsync<StorageCommandException>(() => runner.RunAsync(new CommandRequest("true", [])));
    }

    private static async Task DrainAsync(Stream stream, CancellationToken cancellationToken = default)
    {
        var buffer = new byte[64 * 1024];
        while (await stream.ReadAsync(buffer, cancellationToken) > 0)
        {
        }
    }

    private sealed class EndlessStream : Stream
    {
        private long _given;

        public long Given => Interlocked.Read(ref _given);

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            Interlocked.Add(ref _given, count);
            return count;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
