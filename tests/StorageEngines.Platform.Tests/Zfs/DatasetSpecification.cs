using StorageEngines.Specification;

namespace StorageEngines.Platform.Tests.Zfs;

public sealed class DatasetCompliance : ComplianceTestBase<DatasetFixture>;

[Trait("Length", "long")]
public sealed class DatasetExtentLists(DatasetFixture fixture) : ExtentListTestBase<DatasetFixture>(fixture);

public sealed class DatasetDeltas(DatasetFixture fixture) : DeltaTestBase<DatasetFixture>(fixture);

public sealed class DatasetFileDiffs(DatasetFixture fixture) : FileDiffTestBase<DatasetFixture>(fixture);

[Trait("Length", "long")]
public sealed class DatasetIdentities(DatasetFixture fixture) : IdentityTestBase<DatasetFixture>(fixture);

[Trait("Length", "long")]
public sealed class DatasetLifecycles(DatasetFixture fixture) : LifecycleTestBase<DatasetFixture>(fixture);

public sealed class DatasetCapabilities(DatasetFixture fixture) : CapabilityTestBase<DatasetFixture>(fixture);

[Trait("Length", "long")]
public sealed class DatasetBusyVolumes(DatasetFixture fixture) : BusyVolumeTestBase<DatasetFixture>(fixture);

[Trait("Length", "long")]
public sealed class DatasetCancellations(DatasetFixture fixture) : CancellationTestBase<DatasetFixture>(fixture);

[Trait("Length", "long")]
public sealed class DatasetFallbacks(DatasetFixture fixture) : FallbackTestBase<DatasetFixture>(fixture);

[Trait("Length", "long")]
public sealed class DatasetEconomies(DatasetFixture fixture) : EconomyTestBase<DatasetFixture>(fixture);

[Trait("Length", "long")]
public sealed class DatasetRandomHistories(DatasetFixture fixture) : RandomHistoryTestBase<DatasetFixture>(fixture);

[Trait("Length", "long")]
public sealed class DatasetPortableDifferentials(DatasetFixture fixture) : PortableDifferentialTestBase<DatasetFixture>(fixture);

[Trait("Length", "long")]
public sealed class DatasetPortableTrees(DatasetFixture fixture) : PortableTreeTestBase<DatasetFixture>(fixture);

[Trait("Length", "long")]
public sealed class DatasetQuiesces(DatasetFixture fixture) : QuiesceTestBase<DatasetFixture>(fixture);

[Trait("Length", "long")]
public sealed class DatasetGroups(DatasetFixture fixture) : GroupTestBase<DatasetFixture>(fixture);

[Trait("Length", "long")]
public sealed class DatasetDifferentials(DatasetFixture fixture) : DifferentialTestBase<DatasetFixture>(fixture);
