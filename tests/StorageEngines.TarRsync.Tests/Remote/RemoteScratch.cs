using System.Text;
using StorageEngines.TarRsync.Remote;
using StorageEngines.TarRsync.Restore;
using StorageEngines.TarRsync.Tests.Capture;
using StorageEngines.Transport;

namespace StorageEngines.TarRsync.Tests.Remote;

/// <summary>An engine for the volumes of <see cref="RsyncOnlyHost"/>, with a store here and a directory there.</summary>
internal sealed class RemoteScratch : IAsyncDisposable
{
    private readonly OpenSshCommandRunner _runner;

    public RemoteScratch(RsyncOnlyHost host, bool checksum = false)
    {
        host.Require();
        host.Behave();
        Host = host;
        Root = Directory.CreateTempSubdirectory("seng-test-remote-").FullName;
        Live = Directory.CreateDirectory(Path.Combine(Root, "live")).FullName;
        _runner = new OpenSshCommandRunner(host.Options);
        Engine = new TarRsyncStorageEngine(Store, TimeProvider.System, remote: new RsyncHost(_runner.Host, _runner) { Checksum = checksum });
        Local = new TarRsyncStorageEngine(Store, TimeProvider.System);
    }

    public RsyncOnlyHost Host { get; }

    public string Root { get; }

    /// <summary>The directory on the host.</summary>
    public string Live { get; }

    public string Store => Path.Combine(Root, "store");

    public TarRsyncStorageEngine Engine { get; }

    /// <summary>An engine of this machine on the same store.</summary>
    public TarRsyncStorageEngine Local { get; }

    public ISnapshots Snapshots => Engine.Feature<ISnapshots>()!;

    public string At(string name) => Path.Combine(Live, name);

    public void Write(string name, string content, DateTime? modified = null)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(name))!);
        File.WriteAllText(At(name), content);
        if (modified is { } time)
        {
            File.SetLastWriteTimeUtc(At(name), time);
        }
    }

    public byte[] WriteRandom(string name, int bytes, int seed)
    {
        var content = new byte[bytes];
        new Random(seed).NextBytes(content);
        File.WriteAllBytes(At(name), content);
        File.SetLastWriteTimeUtc(At(name), Long.AddSeconds(seed));
        return content;
    }

    /// <summary>A time that is long over, so that the copy counts as settled.</summary>
    public static DateTime Long { get; } = new(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    public async Task<VolumeInfo> VolumeAsync(string? path = null) => await Engine.ResolveVolumeAsync(BytePath.FromString(path ?? Live));

    public async Task<SnapshotInfo> SnapshotAsync(string name, string? path = null, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default)
        => await Snapshots.CreateAsync(
            new CreateSnapshotRequest((await VolumeAsync(path)).Ref, name) { Progress = progress }, cancellationToken);

    /// <summary>Fails unless a snapshot holds what is on the host now.</summary>
    public async Task AssertHoldsAsync(SnapshotInfo snapshot, string? live = null)
    {
        string target = Path.Combine(Root, "clone-" + snapshot.Ref.Name);
        await Local.Feature<ISnapshots>()!.CloneAsync(snapshot.Ref, BytePath.FromString(target));
        EngineScratch.AssertSame(live ?? Live, target);
    }

    public async Task<List<string>> ChangesAsync(SnapshotInfo before, SnapshotInfo after)
        => await Engine.Feature<IFileDiff>()!.DiffAsync(new FileDiffQuery(before.ChangeToken!, after.Ref))
            .Select(change => $"{change.Kind} {change.Path}").ToListAsync();

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        await Local.DisposeAsync();
        await _runner.DisposeAsync();
        Host.Behave();
        using StorageEngines.Posix.BeneathRoot root = StorageEngines.Posix.BeneathRoot.Open(Encoding.UTF8.GetBytes(Path.GetTempPath()));
        TreeRemover.Remove(root, Encoding.UTF8.GetBytes(Path.GetFileName(Root)));
    }
}
