using StorageEngines.CephRbd.Hosts;
using StorageEngines.CephRbd.Hosts.Commands;
using StorageEngines.Transport;
using StorageEngines.Transport.Tests.Ssh;

namespace StorageEngines.Platform.Tests.CephRbd;

/// <summary>The same laws by the program <c>rbd</c> on a host that is reached over SSH: an sshd on the loopback address.</summary>
public sealed class RbdProgramFixture : CephRbdFixture
{
    private readonly SshServer _server = new();
    private OpenSshCommandRunner? _runner;

    public override int ManySnapshots => 30; // Each is some five programs, each of which connects.

    public override int RandomHistories => 2;

    private protected override IRbdHost MakeHost(Func<string, ValueTask> onStep) => new CommandRbdHost(_runner!, Settings) { OnStep = onStep };

    protected override async ValueTask SetUpAsync(CancellationToken cancellationToken)
    {
        await base.SetUpAsync(cancellationToken);
        await _server.InitializeAsync();
        _server.SkipIfMissing();
        _runner = new OpenSshCommandRunner(_server.Options);
    }

    protected override async ValueTask CleanUpAsync()
    {
        if (_runner is not null)
        {
            await _runner.DisposeAsync();
        }

        await _server.DisposeAsync();
        await base.CleanUpAsync();
    }
}
