using System.Text;
using StorageEngines.Posix;
using StorageEngines.Specification;
using StorageEngines.TarRsync.Remote;
using StorageEngines.TarRsync.Restore;
using StorageEngines.Transport;

namespace StorageEngines.TarRsync.Tests.Remote;

/// <summary>The laws for volumes that rsync pulls from a host where there is nothing but rsync, compared by content.</summary>
public class RemoteFixture : EngineFixture
{
    private readonly RsyncOnlyHost _host = new();
    private OpenSshCommandRunner? _runner;
    private CountingRunner? _counting;

    public override IReadOnlyList<VolumeKind> VolumeKinds => [VolumeKind.Block, VolumeKind.Tree];

    public override IReadOnlyList<LawWaiver> Waivers =>
    [
        new LawWaiver("GroupTestBase", "A walk reads one file after the other, so several volumes cannot be had at one instant."),
        new LawWaiver("DifferentialTestBase", "The engine has no stream of its own; the portable formats are made from its file diff and block map."),
    ];

    public override int ManySnapshots => 8; // Each one is two or three connections.

    public override long? CommandCount => _counting!.Count;

    /// <summary>Compare by content.</summary>
    protected virtual bool Checksum => true;

    public override ValueTask<IStorageEngine> CreateEngineAsync(CancellationToken cancellationToken)
        => new(new TarRsyncStorageEngine(
            Path.Combine(ScratchDirectory(), "store"), TimeProvider.System, remote: new RsyncHost(_runner!.Host, _counting!) { Checksum = Checksum }));

    public override async ValueTask<TestVolume> CreateVolumeAsync(VolumeKind kind, long capacityBytes, CancellationToken cancellationToken)
    {
        string path = Path.Combine(ScratchDirectory(), NextName());
        BytePath location = BytePath.FromString(path);
        if (kind == VolumeKind.Tree)
        {
            Directory.CreateDirectory(path);
            return new TestVolume(await Engine.ResolveVolumeAsync(location, cancellationToken), new DirectoryVolumeWriter(location));
        }

        using (FileStream image = File.Create(path))
        {
            image.SetLength(capacityBytes);
        }

        return new TestVolume(await Engine.ResolveVolumeAsync(location, cancellationToken), new ImageFileVolumeWriter(location));
    }

    public override ValueTask<long?> CountLeftoversAsync(CancellationToken cancellationToken)
    {
        var all = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        return new(Directory.EnumerateFileSystemEntries(ScratchDirectory(), ".seng-tmp-*", all).LongCount());
    }

    protected override async ValueTask SetUpAsync(CancellationToken cancellationToken)
    {
        await _host.InitializeAsync();
        _host.Require();
        _runner = new OpenSshCommandRunner(_host.Options);
        _counting = new CountingRunner(_runner);
    }

    // Some laws make paths that System.IO cannot delete.
    protected override async ValueTask CleanUpAsync()
    {
        if (_runner is not null)
        {
            await _runner.DisposeAsync();
        }

        await _host.DisposeAsync();
        using BeneathRoot root = BeneathRoot.Open(Encoding.UTF8.GetBytes(ScratchDirectory()));
        foreach (string path in Directory.GetDirectories(ScratchDirectory()))
        {
            TreeRemover.Remove(root, Encoding.UTF8.GetBytes(Path.GetFileName(path)));
        }
    }

    private sealed class CountingRunner(OpenSshCommandRunner inner) : IRemoteShell, ICommandRunner
    {
        private long _count;

        public long Count => Interlocked.Read(ref _count);

        public string Address => inner.Address;

        public ICommandRunner Local => this;

        public string Host => "localhost";

        public bool IsLocal => true;

        public ValueTask<RemoteShellCommand> OpenAsync(CancellationToken cancellationToken = default) => inner.OpenAsync(cancellationToken);

        public ValueTask<ICommandExecution> StartAsync(CommandRequest request, CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref _count);
            return inner.Local.StartAsync(request, cancellationToken);
        }
    }
}
