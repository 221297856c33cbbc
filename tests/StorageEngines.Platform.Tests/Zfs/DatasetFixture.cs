using System.Globalization;
using StorageEngines.Platform.Tests.Btrfs.Remote;
using StorageEngines.Specification;
using StorageEngines.Zfs;
using StorageEngines.Zfs.Hosts;

namespace StorageEngines.Platform.Tests.Zfs;

/// <summary>The ZFS engine for the laws on file systems: a pool of its own in the virtual machine, which the engine reaches over SSH.</summary>
public class DatasetFixture : EngineFixture
{
    private ZfsPool? _pool;
    private CountingRunner? _runner;

    public override IReadOnlyList<VolumeKind> VolumeKinds => [VolumeKind.Tree];

    public override IReadOnlyList<LawWaiver> Waivers =>
    [
        new("Law14_A_delta_from_a_base_without_data_works", "A bookmark is a base for zfs send; it does not know the names and sizes that files had, and the traits say so."),
    ];

    public override int ManySnapshots => 50; // Each is a round trip to an emulated machine; a thousand have a test of their own.

    public override long? CommandCount => _runner!.Count;

    /// <summary>The pool.</summary>
    internal ZfsPool Pool => _pool ?? throw new InvalidOperationException($"There is no pool for {Engine.Name} yet."); // the engine skips a class that has no machine

    public override ValueTask<IStorageEngine> CreateEngineAsync(CancellationToken cancellationToken) => new(new ZfsStorageEngine(new ZfsHost(_runner!)));

    public override async ValueTask<TestVolume> CreateVolumeAsync(VolumeKind kind, long capacityBytes, CancellationToken cancellationToken)
    {
        string name = Pool.NextName();
        await MakeAsync(name, cancellationToken);
        return await ResolveAsync(name, cancellationToken);
    }

    public override BytePath? NewLocation(VolumeKind kind) => BytePath.FromString(Pool.NextName());

    public override async ValueTask<TestVolume?> RenameVolumeAsync(TestVolume volume, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(volume);
        string name = Pool.NextName();
        await Pool.RunAsync($"zfs rename {volume.Info.Location} {name}", cancellationToken);
        return await ResolveAsync(name, cancellationToken);
    }

    public override async ValueTask<TestVolume?> ReplaceVolumeAsync(TestVolume volume, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(volume);
        string name = volume.Info.Location.ToString();
        await Pool.RunAsync($"zfs destroy -r {name}", cancellationToken);
        await MakeAsync(name, cancellationToken);
        return await ResolveAsync(name, cancellationToken);
    }

    public override async ValueTask<bool> RenameSnapshotAsync(SnapshotRef snapshot, string name, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        await Pool.RunAsync($"zfs rename {snapshot.Volume.Name}@{snapshot.Name} {snapshot.Volume.Name}@{name}", cancellationToken);
        return true;
    }

    // Programs at work on the pool, what a receive left half done, and snapshots and datasets that only an operation needs. Somebody else may work in the machine with another pool.
    public override async ValueTask<long?> CountLeftoversAsync(CancellationToken cancellationToken)
    {
        string counted = await Pool.RunAsync(
            $$"""
            n=0
            while c=$(pgrep -fc '^(zfs (send|receive|clone|rollback|destroy|snapshot|diff)|find|dd) .*{{Pool.Name}}' || :); [ "$c" != 0 ] && [ $n -lt 100 ]; do n=$((n + 1)); sleep 0.1; done
            t=$(zfs list -H -o name,receive_resume_token -t all -r {{Pool.Name}} | grep -c -e seng-tmp -e '%recv' -e '1-' || :)
            m=$(grep '{{Pool.Name}}/.*@' /proc/mounts | grep -vc '/.zfs/snapshot/' || :)
            printf %s $((c + t + m))
            """, cancellationToken);
        return long.Parse(counted, CultureInfo.InvariantCulture);
    }

    protected override async ValueTask SetUpAsync(CancellationToken cancellationToken)
    {
        _pool = await ZfsPool.CreateAsync(cancellationToken);
        _runner = new CountingRunner(_pool.Runner);
    }

    protected override async ValueTask CleanUpAsync()
    {
        if (_pool is not null)
        {
            await _pool.DisposeAsync();
        }
    }

    /// <summary>Makes a dataset.</summary>
    private protected virtual Task MakeAsync(string name, CancellationToken cancellationToken) => Pool.RunAsync($"zfs create -o recordsize=4K -o xattr=sa {name}", cancellationToken);

    /// <summary>The volume of a name, with a writer.</summary>
    private protected async Task<TestVolume> ResolveAsync(string name, CancellationToken cancellationToken)
        => new(await Engine.ResolveVolumeAsync(BytePath.FromString(name), cancellationToken), new DatasetWriter(Pool.Files, $"/{name}"));
}
