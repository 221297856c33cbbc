using StorageEngines.CephRbd.Hosts.Commands;
using StorageEngines.RemoteShells;

namespace StorageEngines.CephRbd.Tests.Hosts.Commands;

public sealed class RbdShellTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(127, "sh: 1: rbd: not found", EngineReason.ToolMissing, "ceph-common")]
    [InlineData(127, "sh: 1: setsid: not found", EngineReason.ToolMissing, "util-linux")]
    [InlineData(204, "No module named 'rbd'", EngineReason.ToolMissing, "python3-rbd")]
    [InlineData(1, "rbd: unrecognised option '--snap-id=3'", EngineReason.ToolVersion, "too old")]
    [InlineData(1, "global_init: unable to open config file from search list /x", EngineReason.None, "'conf'")]
    [InlineData(2, "rbd: couldn't connect to the cluster!\nrbd: listing images failed: (2) No such file or directory", EngineReason.None, "'keyring'")]
    [InlineData(139, "", EngineReason.None, "signal 11")]
    [InlineData(84, "a name is not UTF-8: 'utf-8' codec can't decode byte 0xff in position 2: invalid start byte", EngineReason.NotSupported, "rename it")]
    [InlineData(206, "couldn't connect to the cluster: object not found", EngineReason.None, "'keyring'")]
    public async Task Failures_that_have_no_number_are_told(int exit, string words, EngineReason reason, string told)
    {
        await using var rbd = new FakeRbd();
        StorageEngineException error = rbd.Shell.Failed("list images", "x", exit, words);
        Assert.Equal(reason, error.Reason);
        Assert.Equal(exit switch { 84 => EngineStatus.Unimplemented, 139 => EngineStatus.Unknown, 206 => EngineStatus.Unauthenticated, _ => EngineStatus.FailedPrecondition }, error.Status);
        Assert.Contains(told, error.Message, StringComparison.Ordinal);
        Assert.Contains("localhost", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, "rbd: error opening image x: (1) Operation not permitted", EngineStatus.PermissionDenied)]
    [InlineData(2, "rbd: error opening image x: (2) No such file or directory", EngineStatus.NotFound)]
    [InlineData(17, "rbd: create error: (17) File exists", EngineStatus.AlreadyExists)]
    [InlineData(110, "rbd: couldn't connect to the cluster!", EngineStatus.Unavailable)]
    [InlineData(122, "rbd: failed to create snapshot: (122) Disk quota exceeded", EngineStatus.ResourceExhausted)]
    public async Task Failures_with_a_number_go_by_it(int exit, string words, EngineStatus status)
    {
        await using var rbd = new FakeRbd();
        var error = Assert.IsType<StorageCommandException>(rbd.Shell.Failed("create snapshot", "x", exit, words, isChange: true));
        Assert.Equal((status, exit, "localhost", words), (error.Status, error.ExitCode, error.Host, error.StandardErrorTail));
    }

    [Theory]
    [InlineData(139, true, true)]
    [InlineData(139, false, false)]
    [InlineData(205, true, true)]
    [InlineData(200, true, false)]
    [InlineData(110, true, true)]
    [InlineData(16, true, false)]
    public async Task Whether_a_change_was_made_is_open_only_where_it_is(int exit, bool isChange, bool isUnknown)
    {
        await using var rbd = new FakeRbd();
        Assert.Equal(isUnknown, rbd.Shell.Failed("create snapshot", "x", exit, "", isChange).OutcomeUnknown);
    }

    [Fact]
    public async Task A_step_that_gives_up_runs_nothing()
    {
        await using var rbd = new FakeRbd();
        using var stop = new CancellationTokenSource();
        rbd.Shell.OnStep = _ =>
        {
            stop.Cancel();
            return default;
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => rbd.Shell.ChangeAsync("create snapshot", new Script().Text("r snap create"), stop.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => rbd.Shell.StartAsync("compare", new Script().Text("\nr diff"), null, stop.Token));
        Assert.Empty(rbd.Calls);
    }

    [Fact]
    public async Task A_change_goes_on_when_the_shell_is_ended()
    {
        await using var rbd = new FakeRbd();
        rbd.On("snap create", ": >\"$here/begun\"; while [ ! -e \"$here/go\" ]; do sleep 0.02; done; : >\"$here/done\"");
        using var stop = new CancellationTokenSource();
        Task<ShellReply> change = rbd.Shell.TryAskAsync("create snapshot", CommandImageChanges.Apart(new Script().Text("r snap create")), stop.Token);
        await UntilAsync(rbd.Has("begun"));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => change);
        rbd.Put("go");
        await UntilAsync(rbd.Has("done"));
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        for (int i = 0; !isSo(); i++)
        {
            Assert.InRange(i, 0, 500);
            await Task.Delay(20, Token);
        }
    }
}
