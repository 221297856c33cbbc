using StorageEngines.Btrfs;
using StorageEngines.Btrfs.Hosts.Remote;
using StorageEngines.Transport;
using StorageEngines.Transport.Tests.Ssh;

namespace StorageEngines.Platform.Tests.Btrfs.Remote;

/// <summary>A Btrfs of its own, and an engine that reaches it over SSH.</summary>
internal sealed class RemoteScene : IAsyncDisposable
{
    private readonly BtrfsLoop _loop;
    private readonly OpenSshCommandRunner _runner;

    internal RemoteScene(SshServer server, Func<ICommandRunner, ICommandRunner>? wrap = null)
    {
        server.SkipIfMissing();
        _loop = BtrfsLoop.MakeOrSkip();
        _runner = new OpenSshCommandRunner(server.Options);
        Runner = wrap is null ? _runner : wrap(_runner);
        Host = new RemoteBtrfsHost(Runner);
        Engine = new BtrfsStorageEngine(Host, null);
    }

    internal string Mount => _loop.Mount;

    internal ICommandRunner Runner { get; }

    internal RemoteBtrfsHost Host { get; }

    internal BtrfsStorageEngine Engine { get; }

    internal ISnapshots Snapshots => Engine.Feature<ISnapshots>()!;

    internal IFileDiff Differences => Engine.Feature<IFileDiff>()!;

    internal string At(string volume, string name) => Path.Combine(Mount, volume, name);

    internal async Task<VolumeInfo> VolumeAsync(string name)
    {
        if (!Directory.Exists(Path.Combine(Mount, name)))
        {
            _loop.MakeSubvolume(name);
        }

        return await Engine.ResolveVolumeAsync(BytePath.FromString(Path.Combine(Mount, name)));
    }

    internal Task<SnapshotInfo> SnapshotAsync(VolumeInfo volume, string name) => Snapshots.CreateAsync(new CreateSnapshotRequest(volume.Ref, name));

    /// <summary>What a snapshot's directory holds beside whole snapshots, and what is beside the volumes.</summary>
    internal IEnumerable<string> Leftovers()
    {
        string root = Path.Combine(Mount, ".seng-snapshots");
        IEnumerable<string> homes = Directory.Exists(root) ? Directory.EnumerateDirectories(root).SelectMany(Directory.EnumerateDirectories).Where(home => !Directory.Exists(Path.Combine(home, "data"))) : [];
        return homes.Concat(Directory.EnumerateFileSystemEntries(Mount, ".seng-tmp-*"));
    }

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        await _runner.DisposeAsync();
        _loop.Dispose();
    }
}
