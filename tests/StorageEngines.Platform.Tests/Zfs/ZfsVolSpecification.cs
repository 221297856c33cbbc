using StorageEngines.Specification;

namespace StorageEngines.Platform.Tests.Zfs;

public sealed class ZfsVolCompliance : ComplianceTestBase<ZfsVolFixture>;

[Trait("Length", "long")]
public sealed class ZfsVolExtentLists(ZfsVolFixture fixture) : ExtentListTestBase<ZfsVolFixture>(fixture);

public sealed class ZfsVolDeltas(ZfsVolFixture fixture) : DeltaTestBase<ZfsVolFixture>(fixture);

public sealed class ZfsVolIdentities(ZfsVolFixture fixture) : IdentityTestBase<ZfsVolFixture>(fixture);

public sealed class ZfsVolLifecycles(ZfsVolFixture fixture) : LifecycleTestBase<ZfsVolFixture>(fixture);

public sealed class ZfsVolCapabilities(ZfsVolFixture fixture) : CapabilityTestBase<ZfsVolFixture>(fixture);

[Trait("Length", "long")]
public sealed class ZfsVolBusyVolumes(ZfsVolFixture fixture) : BusyVolumeTestBase<ZfsVolFixture>(fixture);

[Trait("Length", "long")]
public sealed class ZfsVolCancellations(ZfsVolFixture fixture) : CancellationTestBase<ZfsVolFixture>(fixture);

[Trait("Length", "long")]
public sealed class ZfsVolFallbacks(ZfsVolFixture fixture) : FallbackTestBase<ZfsVolFixture>(fixture);

[Trait("Length", "long")]
public sealed class ZfsVolEconomies(ZfsVolFixture fixture) : EconomyTestBase<ZfsVolFixture>(fixture);

[Trait("Length", "long")]
public sealed class ZfsVolRandomHistories(ZfsVolFixture fixture) : RandomHistoryTestBase<ZfsVolFixture>(fixture);

public sealed class ZfsVolPortableDifferentials(ZfsVolFixture fixture) : PortableDifferentialTestBase<ZfsVolFixture>(fixture);

public sealed class ZfsVolQuiesces(ZfsVolFixture fixture) : QuiesceTestBase<ZfsVolFixture>(fixture);

[Trait("Length", "long")]
public sealed class ZfsVolGroups(ZfsVolFixture fixture) : GroupTestBase<ZfsVolFixture>(fixture);

[Trait("Length", "long")]
public sealed class ZfsVolDifferentials(ZfsVolFixture fixture) : DifferentialTestBase<ZfsVolFixture>(fixture);
