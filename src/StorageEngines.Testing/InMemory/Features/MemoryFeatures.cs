using StorageEngines.Testing.Faults;

namespace StorageEngines.Testing;

/// <summary>The engine's features, and the capabilities that go with them.</summary>
internal sealed class MemoryFeatures
{
    private const EngineCapability ForBlocks =
        EngineCapability.Snapshot | EngineCapability.Clone | EngineCapability.RollbackInPlace | EngineCapability.Hold | EngineCapability.Group
        | EngineCapability.Allocated | EngineCapability.Delta | EngineCapability.ExportDiff | EngineCapability.ApplyDiff | EngineCapability.ReadSnapshot
        | EngineCapability.DeleteDataOnly | EngineCapability.ChangedData;

    private const EngineCapability ForTrees = (ForBlocks & ~EngineCapability.ChangedData) | EngineCapability.FileDiff | EngineCapability.ReadTree;

    private readonly InMemoryEngineOptions _options;
    private readonly List<IEngineFeature> _features = [];

    public MemoryFeatures(MemoryStore store)
    {
        _options = store.Options;
        InMemoryFault fault = _options.Fault;
        bool broken = fault != InMemoryFault.None;
        var memory = new FaultMemory(store);
        var snapshots = new MemorySnapshots(store);
        var groups = new MemoryGroupSnapshots(store);
        var map = new MemoryBlockMap(store);
        var files = new MemoryFileDiff(store);
        var reader = new MemorySnapshotReader(store);
        var differentials = new MemoryDifferentials(store, checksBase: fault != InMemoryFault.ApplyIgnoresBase);
        Add(EngineCapability.Snapshot, broken ? new FaultySnapshots(store, fault, memory, snapshots) : snapshots);
        IBlockMap told = broken ? new FaultyBlockMap(store, fault, memory, map) : map;
        Add(EngineCapability.Allocated | EngineCapability.Delta, told);
        Add(EngineCapability.ChangedData, new MemoryChangedData(told, reader));
        Add(EngineCapability.FileDiff, broken ? new FaultyFileDiff(fault, files) : files);
        Add(EngineCapability.ReadSnapshot, fault == InMemoryFault.SnapshotSeesLaterWrites ? new FaultySnapshotReader(store, reader) : reader);
        Add(EngineCapability.ReadTree, new MemoryTreeReader(store));
        Add(EngineCapability.ExportDiff | EngineCapability.ApplyDiff, broken ? new FaultyDifferentials(store, fault, differentials) : differentials);
        if (fault != InMemoryFault.CapabilitiesDisagree)
        {
            Add(EngineCapability.Group, broken ? new FaultyGroupSnapshots(store, fault, groups) : groups);
        }
    }

    public T? Get<T>()
        where T : class, IEngineFeature => _features.OfType<T>().FirstOrDefault();

    public EngineCapabilities CapabilitiesOf(VolumeKind? kind)
    {
        EngineCapability flags = kind switch
        {
            VolumeKind.Block => ForBlocks,
            VolumeKind.Tree => ForTrees,
            _ => ForBlocks | ForTrees,
        } & ~_options.Disabled;
        DeltaTraits? traits = flags.HasFlag(EngineCapability.Delta)
            ? new DeltaTraits(
                _options.BlockSizeBytes, ExtentStyle.VariableLength, Exactness.Exact, ReportsZeroes: true, BaseDataMustExist: false,
                NeedsAdjacentSnapshots: false, SurvivesResize: true, SurvivesReboot: false, _options.MaxExtentsPerBatch)
            : null;
        return new EngineCapabilities(flags, traits, 0, flags.HasFlag(EngineCapability.Group) ? int.MaxValue : 0);
    }

    private void Add(EngineCapability carriedBy, IEngineFeature feature)
    {
        if ((carriedBy & ~_options.Disabled) != EngineCapability.None)
        {
            _features.Add(feature);
        }
    }
}
