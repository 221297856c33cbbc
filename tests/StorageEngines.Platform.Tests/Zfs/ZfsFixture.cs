using System.Globalization;
using StorageEngines.Platform.Tests.Btrfs.Remote;
using StorageEngines.Specification;
using StorageEngines.Zfs;
using StorageEngines.Zfs.Hosts;

namespace StorageEngines.Platform.Tests.Zfs;

/// <summary>The ZFS engine for the laws: a pool of its own in the virtual machine, which the engine reaches over SSH.</summary>
public abstract class ZfsFixture : EngineFixture
{
    private ZfsPool? _pool;
    private CountingRunner? _runner;

    public override int ManySnapshots => 50; // Each is a round trip to an emulated machine; a thousand have a test of their own.

    public override int RandomHistories => 3; // as for ManySnapshots; SENG_SPEC_HISTORIES plays more

    public override long? CommandCount => _runner!.Count;

    /// <summary>The pool.</summary>
    internal ZfsPool Pool => _pool ?? throw new InvalidOperationException($"There is no pool for {Engine.Name} yet."); // the engine skips a class that has no machine

    public override ValueTask<IStorageEngine> CreateEngineAsync(CancellationToken cancellationToken) => new(new ZfsStorageEngine(new ZfsHost(_runner!)));

    public override async ValueTask<TestVolume> CreateVolumeAsync(VolumeKind kind, long capacityBytes, CancellationToken cancellationToken)
    {
        string name = Pool.NextName();
        await MakeAsync(name, capacityBytes, cancellationToken);
        return await ResolveAsync(name, cancellationToken);
    }

    public override BytePath? NewLocation(VolumeKind kind) => BytePath.FromString(Pool.NextName());

    public override async ValueTask<TestVolume?> RenameVolumeAsync(TestVolume volume, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(volume);
        string name = Pool.NextName();
        await Pool.RunAsync($"zfs rename {volume.Info.Location} {name}", cancellationToken);
        await AwaitAsync(name, volume.Info.CapacityBytes, cancellationToken);
        return await ResolveAsync(name, cancellationToken);
    }

    public override async ValueTask<TestVolume?> ReplaceVolumeAsync(TestVolume volume, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(volume);
        string name = volume.Info.Location.ToString();
        await Pool.RunAsync($"zfs destroy -r {name}", cancellationToken);
        await MakeAsync(name, volume.Info.CapacityBytes ?? 0, cancellationToken);
        return await ResolveAsync(name, cancellationToken);
    }

    public override async ValueTask<bool> RenameSnapshotAsync(SnapshotRef snapshot, string name, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        await Pool.RunAsync($"zfs rename {snapshot.Volume.Name}@{snapshot.Name} {snapshot.Volume.Name}@{name}", cancellationToken);
        return true;
    }

    public override async ValueTask ChangeLayoutAsync(TestVolume volume, int number, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(volume);
        await Pool.RunAsync($"zfs set {Layouts[number % Layouts.Count]} {volume.Info.Location}", cancellationToken);
    }

    public override async ValueTask<TestVolume?> PromoteCloneAsync(SnapshotRef snapshot, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        string volume = snapshot.Volume.Name!, clone = Pool.NextName();
        await Pool.RunAsync($"zfs clone {volume}@{snapshot.Name} {clone}; zfs promote {clone}; zfs destroy -r {volume}", cancellationToken);
        long? bytes = (await Engine.ResolveVolumeAsync(BytePath.FromString(clone), cancellationToken)).CapacityBytes;
        await AwaitAsync(clone, bytes, cancellationToken);
        return await ResolveAsync(clone, cancellationToken);
    }

    // Programs at work on the pool, what a receive left half done, and snapshots, datasets and mounts that only an operation needs. Somebody else may work in the machine with another pool.
    public override async ValueTask<long?> CountLeftoversAsync(CancellationToken cancellationToken)
    {
        long running = await Pool.Files.AwaitEndAsync($"^(zfs (send|receive|clone|rollback|destroy|snapshot|diff)|find|dd) .*{Pool.Name}", cancellationToken);
        string counted = await Pool.RunAsync(
            $$"""
            t=$(zfs list -H -o name -t all -r {{Pool.Name}} | grep -c -e seng-tmp -e '%recv' || :)
            r=$(zfs get -H -o value -t filesystem,volume -r receive_resume_token {{Pool.Name}} | grep -c '^1-' || :)
            m=$(grep '{{Pool.Name}}/.*@' /proc/mounts | grep -vc '/.zfs/snapshot/' || :)
            printf %s $((t + r + m))
            """, cancellationToken);
        return running + long.Parse(counted, CultureInfo.InvariantCulture);
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

    /// <summary>The properties that histories set in between, each with its value.</summary>
    private protected abstract IReadOnlyList<string> Layouts { get; }

    /// <summary>Makes a volume that can be written to.</summary>
    private protected abstract Task MakeAsync(string name, long bytes, CancellationToken cancellationToken);

    /// <summary>Waits until a volume can be written to under a new name.</summary>
    private protected virtual Task AwaitAsync(string name, long? bytes, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>A volume with who writes to it.</summary>
    private protected abstract TestVolume Describe(VolumeInfo volume);

    private async Task<TestVolume> ResolveAsync(string name, CancellationToken cancellationToken)
        => Describe(await Engine.ResolveVolumeAsync(BytePath.FromString(name), cancellationToken));
}
