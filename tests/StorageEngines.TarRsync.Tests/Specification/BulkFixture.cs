using StorageEngines.TarRsync.Tests.Reflink;
using StorageEngines.TarRsync.Walk;

namespace StorageEngines.TarRsync.Tests.Specification;

/// <summary>Directories of an XFS whose statuses come in bulk, whatever their age: the kernel's lag in telling sizes may cost a reading, and never a change.</summary>
public sealed class BulkFixture : TarRsyncFixture
{
    private LoopFileSystem? _system;

    public override IReadOnlyList<VolumeKind> VolumeKinds => [VolumeKind.Tree];

    protected override string WorkDirectory => _system?.Mount ?? throw new InvalidOperationException("Nothing is mounted yet.");

    public override ValueTask<IStorageEngine> CreateEngineAsync(CancellationToken cancellationToken)
        => new(new TarRsyncStorageEngine(Path.Combine(WorkDirectory, "store"), TimeProvider.System, Meter, walk: WalkMode.Bulkstat, bulkUnsettledSeconds: -1));

    protected override ValueTask SetUpAsync(CancellationToken cancellationToken)
    {
        _system = LoopFileSystem.MakeOrSkip("xfs");
        return default;
    }

    protected override ValueTask CleanUpAsync()
    {
        _system?.Dispose();
        return default;
    }
}
