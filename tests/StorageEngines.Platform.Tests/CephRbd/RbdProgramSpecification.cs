using StorageEngines.Specification;

namespace StorageEngines.Platform.Tests.CephRbd;

public sealed class RbdProgramCompliance : ComplianceTestBase<RbdProgramFixture>;

[Trait("Length", "long")]
public sealed class RbdProgramExtentLists(RbdProgramFixture fixture) : ExtentListTestBase<RbdProgramFixture>(fixture);

public sealed class RbdProgramDeltas(RbdProgramFixture fixture) : DeltaTestBase<RbdProgramFixture>(fixture);

public sealed class RbdProgramIdentities(RbdProgramFixture fixture) : IdentityTestBase<RbdProgramFixture>(fixture);

public sealed class RbdProgramLifecycles(RbdProgramFixture fixture) : LifecycleTestBase<RbdProgramFixture>(fixture);

public sealed class RbdProgramCapabilities(RbdProgramFixture fixture) : CapabilityTestBase<RbdProgramFixture>(fixture);

[Trait("Length", "long")]
public sealed class RbdProgramBusyVolumes(RbdProgramFixture fixture) : BusyVolumeTestBase<RbdProgramFixture>(fixture);

[Trait("Length", "long")]
public sealed class RbdProgramCancellations(RbdProgramFixture fixture) : CancellationTestBase<RbdProgramFixture>(fixture);

[Trait("Length", "long")]
public sealed class RbdProgramFallbacks(RbdProgramFixture fixture) : FallbackTestBase<RbdProgramFixture>(fixture);

[Trait("Length", "long")]
public sealed class RbdProgramEconomies(RbdProgramFixture fixture) : EconomyTestBase<RbdProgramFixture>(fixture);

[Trait("Length", "long")]
public sealed class RbdProgramRandomHistories(RbdProgramFixture fixture) : RandomHistoryTestBase<RbdProgramFixture>(fixture);

[Trait("Length", "long")]
public sealed class RbdProgramQuiesces(RbdProgramFixture fixture) : QuiesceTestBase<RbdProgramFixture>(fixture);

[Trait("Length", "long")]
public sealed class RbdProgramGroups(RbdProgramFixture fixture) : GroupTestBase<RbdProgramFixture>(fixture);

[Trait("Length", "long")]
public sealed class RbdProgramPortableDifferentials(RbdProgramFixture fixture) : PortableDifferentialTestBase<RbdProgramFixture>(fixture);

[Trait("Length", "long")]
public sealed class RbdProgramDifferentials(RbdProgramFixture fixture) : DifferentialTestBase<RbdProgramFixture>(fixture);
