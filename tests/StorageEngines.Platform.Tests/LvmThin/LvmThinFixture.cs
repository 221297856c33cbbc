using StorageEngines.LvmThin;
using StorageEngines.LvmThin.Hosts;
using StorageEngines.Specification;
using StorageEngines.Transport;

namespace StorageEngines.Platform.Tests.LvmThin;

/// <summary>The laws on LVM's thin volumes in the virtual machine, which the engine reaches over SSH.</summary>
public sealed class LvmThinFixture : EngineFixture
{
    private readonly List<LvmHost> _hosts = [];
    private ThinPool? _pool;
    private OpenSshCommandRunner? _runner;
    private Func<string, ValueTask>? _observer;
    private long _steps;

    public override IReadOnlyList<VolumeKind> VolumeKinds => [VolumeKind.Block];

    public override IReadOnlyList<LawWaiver> Waivers =>
    [
        new("GroupTestBase", "LVM cuts one volume at a time; to suspend several volumes meanwhile cannot be made safe, so that no group snapshots are declared."),
        new("FileDiffTestBase", "A logical volume is a block volume and has no files."),
        new("PortableTreeTestBase", "A logical volume is a block volume and has no files."),
        new("DifferentialTestBase", "LVM has no stream of its own; differences are exported in the portable block format."),
    ];

    public override int ManySnapshots => 24; // Each is a second of the emulated machine.

    public override int RandomHistories => 3;

    public override int ListCommandBudget => 1;

    public override long? CommandCount => Interlocked.Read(ref _steps);

    private ThinPool Pool => _pool!;

    public override ValueTask<IStorageEngine> CreateEngineAsync(CancellationToken cancellationToken)
    {
        var host = new LvmHost(_runner!) { OnStep = StepAsync };
        _hosts.Add(host);
        return new(new LvmThinStorageEngine(host));
    }

    public override async ValueTask<TestVolume> CreateVolumeAsync(VolumeKind kind, long capacityBytes, CancellationToken cancellationToken)
        => await OpenAsync(await Pool.VolumeAsync(capacityBytes, cancellationToken), cancellationToken);

    public override BytePath? NewLocation(VolumeKind kind) => ThinPool.Path(ThinPool.NextName());

    public override async ValueTask<TestVolume?> RenameVolumeAsync(TestVolume volume, CancellationToken cancellationToken)
    {
        string name = ThinPool.NextName();
        await Pool.Shell.RunAsync($"lvrename -qq {volume.Ref.Name!.Replace('/', ' ')} {name} >/dev/null", cancellationToken);
        return await OpenAsync(name, cancellationToken);
    }

    public override async ValueTask<bool> RenameSnapshotAsync(SnapshotRef snapshot, string name, CancellationToken cancellationToken)
    {
        await Pool.Shell.RunAsync($"lvrename -qq {ThinPool.Group} $(lvs --noheadings -o lv_name -S lv_uuid={snapshot.Id} {ThinPool.Group}) {name} >/dev/null", cancellationToken);
        return true;
    }

    public override async ValueTask<TestVolume?> ReplaceVolumeAsync(TestVolume volume, CancellationToken cancellationToken)
    {
        await Pool.Shell.RunAsync($"lvremove -qq -y {volume.Ref.Name} >/dev/null", cancellationToken);
        string name = await Pool.VolumeAsync(volume.Info.CapacityBytes!.Value, cancellationToken, volume.Ref.Name!.Split('/')[1]);
        return await OpenAsync(name, cancellationToken);
    }

    public override async ValueTask<long?> CountLeftoversAsync(CancellationToken cancellationToken) => await Pool.LeftoversAsync(cancellationToken);

    public override bool ObserveSteps(Func<string, ValueTask>? observer)
    {
        _observer = observer;
        return true;
    }

    protected override async ValueTask SetUpAsync(CancellationToken cancellationToken)
    {
        _pool = await ThinPool.OpenOrSkipAsync(cancellationToken);
        _runner = new OpenSshCommandRunner(_pool.Machine.Options);
    }

    protected override async ValueTask CleanUpAsync()
    {
        if (_pool is not null)
        {
            // Every list names all volumes of the group, so that what is left makes the next class slower.
            await _pool.Shell.TryAsync($"lvremove -qq -f -y -S segtype=thin {ThinPool.Group} >/dev/null", CancellationToken.None);
            await _pool.DisposeAsync();
            await _runner!.DisposeAsync();
        }
    }

    private async ValueTask StepAsync(string step)
    {
        Interlocked.Increment(ref _steps);
        if (_observer is { } observer)
        {
            await observer(step);
        }
    }

    private async Task<TestVolume> OpenAsync(string name, CancellationToken cancellationToken)
        => new(await Engine.ResolveVolumeAsync(ThinPool.Path(name), cancellationToken), new GuestBlockWriter(Pool, name));
}
