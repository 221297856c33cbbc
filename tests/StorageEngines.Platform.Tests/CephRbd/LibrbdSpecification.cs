using StorageEngines.Specification;

namespace StorageEngines.Platform.Tests.CephRbd;

public sealed class LibrbdCompliance : ComplianceTestBase<LibrbdFixture>;

public sealed class LibrbdExtentLists(LibrbdFixture fixture) : ExtentListTestBase<LibrbdFixture>(fixture);

public sealed class LibrbdDeltas(LibrbdFixture fixture) : DeltaTestBase<LibrbdFixture>(fixture);

public sealed class LibrbdIdentities(LibrbdFixture fixture) : IdentityTestBase<LibrbdFixture>(fixture);

public sealed class LibrbdLifecycles(LibrbdFixture fixture) : LifecycleTestBase<LibrbdFixture>(fixture);

public sealed class LibrbdCapabilities(LibrbdFixture fixture) : CapabilityTestBase<LibrbdFixture>(fixture);

public sealed class LibrbdBusyVolumes(LibrbdFixture fixture) : BusyVolumeTestBase<LibrbdFixture>(fixture);

public sealed class LibrbdCancellations(LibrbdFixture fixture) : CancellationTestBase<LibrbdFixture>(fixture);

public sealed class LibrbdFallbacks(LibrbdFixture fixture) : FallbackTestBase<LibrbdFixture>(fixture);

public sealed class LibrbdEconomies(LibrbdFixture fixture) : EconomyTestBase<LibrbdFixture>(fixture);

public sealed class LibrbdRandomHistories(LibrbdFixture fixture) : RandomHistoryTestBase<LibrbdFixture>(fixture);

public sealed class LibrbdQuiesces(LibrbdFixture fixture) : QuiesceTestBase<LibrbdFixture>(fixture);

public sealed class LibrbdGroups(LibrbdFixture fixture) : GroupTestBase<LibrbdFixture>(fixture);

public sealed class LibrbdPortableDifferentials(LibrbdFixture fixture) : PortableDifferentialTestBase<LibrbdFixture>(fixture);

public sealed class LibrbdDifferentials(LibrbdFixture fixture) : DifferentialTestBase<LibrbdFixture>(fixture);
