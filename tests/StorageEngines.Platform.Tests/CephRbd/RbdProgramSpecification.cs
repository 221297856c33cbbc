using StorageEngines.Specification;

namespace StorageEngines.Platform.Tests.CephRbd;

public sealed class RbdProgramCompliance : ComplianceTestBase<RbdProgramFixture>;

public sealed class RbdProgramExtentLists(RbdProgramFixture fixture) : ExtentListTestBase<RbdProgramFixture>(fixture);

public sealed class RbdProgramDeltas(RbdProgramFixture fixture) : DeltaTestBase<RbdProgramFixture>(fixture);

public sealed class RbdProgramIdentities(RbdProgramFixture fixture) : IdentityTestBase<RbdProgramFixture>(fixture);

public sealed class RbdProgramLifecycles(RbdProgramFixture fixture) : LifecycleTestBase<RbdProgramFixture>(fixture);

public sealed class RbdProgramCapabilities(RbdProgramFixture fixture) : CapabilityTestBase<RbdProgramFixture>(fixture);

public sealed class RbdProgramBusyVolumes(RbdProgramFixture fixture) : BusyVolumeTestBase<RbdProgramFixture>(fixture);

public sealed class RbdProgramCancellations(RbdProgramFixture fixture) : CancellationTestBase<RbdProgramFixture>(fixture);

public sealed class RbdProgramFallbacks(RbdProgramFixture fixture) : FallbackTestBase<RbdProgramFixture>(fixture);

public sealed class RbdProgramEconomies(RbdProgramFixture fixture) : EconomyTestBase<RbdProgramFixture>(fixture);

public sealed class RbdProgramRandomHistories(RbdProgramFixture fixture) : RandomHistoryTestBase<RbdProgramFixture>(fixture);

public sealed class RbdProgramQuiesces(RbdProgramFixture fixture) : QuiesceTestBase<RbdProgramFixture>(fixture);

public sealed class RbdProgramGroups(RbdProgramFixture fixture) : GroupTestBase<RbdProgramFixture>(fixture);

public sealed class RbdProgramPortableDifferentials(RbdProgramFixture fixture) : PortableDifferentialTestBase<RbdProgramFixture>(fixture);
