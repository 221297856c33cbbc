using StorageEngines.Specification;

namespace StorageEngines.Testing.Tests.Specification;

/// <summary>The in-memory engine, described to the laws.</summary>
public class InMemoryFixture : EngineFixture
{
    private readonly InMemoryFault _fault;
    private int _volumes;

    public InMemoryFixture()
    {
    }

    protected InMemoryFixture(InMemoryFault fault) => _fault = fault;

    public override IReadOnlyList<VolumeKind> VolumeKinds => [VolumeKind.Block, VolumeKind.Tree];

    public override long? CommandCount => Memory.Counters.Commands;

    private InMemoryStorageEngine Memory { get; set; } = null!;

    public override ValueTask<IStorageEngine> CreateEngineAsync(CancellationToken cancellationToken)
    {
        var engine = new InMemoryStorageEngine(new InMemoryEngineOptions { Fault = _fault });
        Memory ??= engine;
        return new(engine);
    }

    public override ValueTask<TestVolume> CreateVolumeAsync(VolumeKind kind, long capacityBytes, CancellationToken cancellationToken)
        => new(Create(kind, $"volume {++_volumes}", capacityBytes));

    public override BytePath? NewLocation(VolumeKind kind) => BytePath.FromString($"clone {++_volumes}");

    public override ValueTask<TestVolume?> RenameVolumeAsync(TestVolume volume, CancellationToken cancellationToken)
    {
        Memory.RenameVolume(volume.Ref, $"renamed {++_volumes}");
        return new(Open(volume.Info.Kind, volume.Ref));
    }

    public override ValueTask<bool> RenameSnapshotAsync(SnapshotRef snapshot, string name, CancellationToken cancellationToken)
    {
        Memory.RenameSnapshot(snapshot, name);
        return new(true);
    }

    public override ValueTask<TestVolume?> ReplaceVolumeAsync(TestVolume volume, CancellationToken cancellationToken)
    {
        Memory.DeleteVolume(volume.Ref);
        return new(Create(volume.Info.Kind, volume.Info.Location.ToString(), volume.Info.CapacityBytes ?? 0));
    }

    public override ValueTask<bool> LoseChangeTrackingAsync(TestVolume volume, CancellationToken cancellationToken)
    {
        Memory.LoseChangeTracking(volume.Ref);
        return new(true);
    }

    public override long? BytesReadFrom(TestVolume volume) => Memory.Counters.VolumeBytesRead;

    public override ValueTask<long?> CountLeftoversAsync(CancellationToken cancellationToken)
        => new(Memory.Counters.OpenOperations + Memory.Counters.OpenStreams + Memory.Counters.TemporarySnapshots);

    public override bool ObserveSteps(Func<string, ValueTask>? observer)
    {
        Memory.OnStep = observer is null ? null : (step, _) => observer(step);
        return true;
    }

    private TestVolume Create(VolumeKind kind, string name, long capacityBytes)
        => Open(kind, kind == VolumeKind.Block ? Memory.CreateBlockVolume(name, capacityBytes).Ref : Memory.CreateTreeVolume(name).Ref);

    private TestVolume Open(VolumeKind kind, VolumeRef volume)
    {
        if (kind == VolumeKind.Block)
        {
            InMemoryBlockVolume block = Memory.OpenBlockVolume(volume);
            return new TestVolume(block.Info, new InMemoryBlockWriter(block));
        }

        InMemoryTreeVolume tree = Memory.OpenTreeVolume(volume);
        return new TestVolume(tree.Info, new InMemoryTreeWriter(tree));
    }
}
