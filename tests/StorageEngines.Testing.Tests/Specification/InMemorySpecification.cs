using StorageEngines.Specification;

namespace StorageEngines.Testing.Tests.Specification;

public sealed class InMemoryCompliance : ComplianceTestBase<InMemoryFixture>;

public sealed class InMemoryExtentLists(InMemoryFixture fixture) : ExtentListTestBase<InMemoryFixture>(fixture);

public sealed class InMemoryDeltas(InMemoryFixture fixture) : DeltaTestBase<InMemoryFixture>(fixture);

public sealed class InMemoryIdentities(InMemoryFixture fixture) : IdentityTestBase<InMemoryFixture>(fixture);

public sealed class InMemoryLifecycles(InMemoryFixture fixture) : LifecycleTestBase<InMemoryFixture>(fixture);

public sealed class InMemoryCapabilities(InMemoryFixture fixture) : CapabilityTestBase<InMemoryFixture>(fixture);

public sealed class InMemoryFileDiffs(InMemoryFixture fixture) : FileDiffTestBase<InMemoryFixture>(fixture);

public sealed class InMemoryBusyVolumes(InMemoryFixture fixture) : BusyVolumeTestBase<InMemoryFixture>(fixture);

public sealed class InMemoryCancellations(InMemoryFixture fixture) : CancellationTestBase<InMemoryFixture>(fixture);

public sealed class InMemoryGroups(InMemoryFixture fixture) : GroupTestBase<InMemoryFixture>(fixture);

public sealed class InMemoryFallbacks(InMemoryFixture fixture) : FallbackTestBase<InMemoryFixture>(fixture);

public sealed class InMemoryEconomies(InMemoryFixture fixture) : EconomyTestBase<InMemoryFixture>(fixture);

public sealed class InMemoryDifferentials(InMemoryFixture fixture) : DifferentialTestBase<InMemoryFixture>(fixture);

public sealed class InMemoryRandomHistories(InMemoryFixture fixture) : RandomHistoryTestBase<InMemoryFixture>(fixture);

public sealed class InMemoryPortableDifferentials(InMemoryFixture fixture) : PortableDifferentialTestBase<InMemoryFixture>(fixture);

public sealed class InMemoryPortableTrees(InMemoryFixture fixture) : PortableTreeTestBase<InMemoryFixture>(fixture);

public sealed class InMemoryQuiesces(InMemoryFixture fixture) : QuiesceTestBase<InMemoryFixture>(fixture);
