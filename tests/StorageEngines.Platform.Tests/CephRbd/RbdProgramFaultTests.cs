using StorageEngines.CephRbd;
using StorageEngines.CephRbd.Hosts;
using StorageEngines.CephRbd.Hosts.Commands;
using StorageEngines.Transport;
using StorageEngines.Transport.Tests.Ssh;

namespace StorageEngines.Platform.Tests.CephRbd;

/// <summary>The same by the program <c>rbd</c> on a host that is reached over SSH.</summary>
[Trait("Length", "long")]
public sealed class RbdProgramFaultTests(SshServer server) : CephRbdFaultTestBase, IClassFixture<SshServer>, IAsyncDisposable
{
    private OpenSshCommandRunner? _runner;

    public ValueTask DisposeAsync() => _runner?.DisposeAsync() ?? default;

    private protected override IRbdHost MakeHost(CephRbdSettings settings, Func<string, ValueTask>? onStep)
    {
        server.SkipIfMissing();
        return new CommandRbdHost(_runner ??= new OpenSshCommandRunner(server.Options), settings) { OnStep = onStep };
    }
}
