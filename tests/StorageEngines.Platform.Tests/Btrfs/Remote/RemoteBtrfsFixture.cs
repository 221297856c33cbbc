using StorageEngines.Btrfs;
using StorageEngines.Btrfs.Hosts.Remote;
using StorageEngines.Specification;
using StorageEngines.Transport;
using StorageEngines.Transport.Tests.Ssh;

namespace StorageEngines.Platform.Tests.Btrfs.Remote;

/// <summary>The same laws for the same file system, which the engine reaches over SSH: an sshd on the loopback address, and the program btrfs there.</summary>
public class RemoteBtrfsFixture : BtrfsFixture
{
    private readonly SshServer _server = new();
    private OpenSshCommandRunner? _runner;
    private CountingRunner? _counting;

    public override int ManySnapshots => 100; // Each is about ten round trips.

    public override long? CommandCount => _counting!.Count;

    public override ValueTask<IStorageEngine> CreateEngineAsync(CancellationToken cancellationToken)
        => new(new BtrfsStorageEngine(new RemoteBtrfsHost(_counting!), null));

    protected override async ValueTask SetUpAsync(CancellationToken cancellationToken)
    {
        await base.SetUpAsync(cancellationToken);
        await _server.InitializeAsync();
        _server.SkipIfMissing();
        _runner = new OpenSshCommandRunner(_server.Options);
        _counting = new CountingRunner(_runner);
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

/// <summary>The same with writes that are durable when they return; see <see cref="DurableBtrfsFixture"/>.</summary>
public sealed class DurableRemoteBtrfsFixture : RemoteBtrfsFixture
{
    protected override ITreeVolumeWriter Writer(BytePath root) => new DurableVolumeWriter(root);
}
