using StorageEngines.CephRbd;
using StorageEngines.CephRbd.Hosts;
using StorageEngines.CephRbd.Hosts.Commands;
using StorageEngines.Transport;
using StorageEngines.Transport.Tests.Ssh;

namespace StorageEngines.Platform.Tests.CephRbd;

/// <summary>The same by the program <c>rbd</c> on a host that is reached over SSH.</summary>
[Trait("Length", "long")]
public sealed class RbdProgramFaultTests : CephRbdFaultTestBase, IClassFixture<SshServer>, IAsyncDisposable
{
    private readonly OpenSshCommandRunner _runner;

    public RbdProgramFaultTests(SshServer server)
    {
        server.SkipIfMissing();
        _runner = new OpenSshCommandRunner(server.Options);
    }

    public ValueTask DisposeAsync() => _runner.DisposeAsync();

    private protected override IRbdHost MakeHost(CephRbdSettings settings, Func<string, ValueTask>? onStep) => new CommandRbdHost(_runner, settings) { OnStep = onStep };
}
