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
