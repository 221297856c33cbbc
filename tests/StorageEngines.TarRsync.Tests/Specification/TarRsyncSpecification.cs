using StorageEngines.Specification;

namespace StorageEngines.TarRsync.Tests.Specification;

public sealed class TarRsyncCompliance : ComplianceTestBase<TarRsyncFixture>;

public sealed class TarRsyncExtentLists(TarRsyncFixture fixture) : ExtentListTestBase<TarRsyncFixture>(fixture);

public sealed class TarRsyncDeltas(TarRsyncFixture fixture) : DeltaTestBase<TarRsyncFixture>(fixture);

public sealed class TarRsyncIdentities(TarRsyncFixture fixture) : IdentityTestBase<TarRsyncFixture>(fixture);

public sealed class TarRsyncLifecycles(TarRsyncFixture fixture) : LifecycleTestBase<TarRsyncFixture>(fixture);

public sealed class TarRsyncCapabilities(TarRsyncFixture fixture) : CapabilityTestBase<TarRsyncFixture>(fixture);

public sealed class TarRsyncFileDiffs(TarRsyncFixture fixture) : FileDiffTestBase<TarRsyncFixture>(fixture);

public sealed class TarRsyncBusyVolumes(TarRsyncFixture fixture) : BusyVolumeTestBase<TarRsyncFixture>(fixture);

public sealed class TarRsyncCancellations(TarRsyncFixture fixture) : CancellationTestBase<TarRsyncFixture>(fixture);

public sealed class TarRsyncFallbacks(TarRsyncFixture fixture) : FallbackTestBase<TarRsyncFixture>(fixture);

public sealed class TarRsyncEconomies(TarRsyncFixture fixture) : EconomyTestBase<TarRsyncFixture>(fixture);

public sealed class TarRsyncRandomHistories(TarRsyncFixture fixture) : RandomHistoryTestBase<TarRsyncFixture>(fixture);

public sealed class TarRsyncPortableDifferentials(TarRsyncFixture fixture) : PortableDifferentialTestBase<TarRsyncFixture>(fixture);

public sealed class TarRsyncPortableTrees(TarRsyncFixture fixture) : PortableTreeTestBase<TarRsyncFixture>(fixture);

public sealed class TarRsyncQuiesces(TarRsyncFixture fixture) : QuiesceTestBase<TarRsyncFixture>(fixture);
