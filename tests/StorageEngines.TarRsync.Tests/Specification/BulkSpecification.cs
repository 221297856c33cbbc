using StorageEngines.Specification;

namespace StorageEngines.TarRsync.Tests.Specification;

public sealed class BulkExtentLists(BulkFixture fixture) : ExtentListTestBase<BulkFixture>(fixture);

public sealed class BulkDeltas(BulkFixture fixture) : DeltaTestBase<BulkFixture>(fixture);

public sealed class BulkIdentities(BulkFixture fixture) : IdentityTestBase<BulkFixture>(fixture);

public sealed class BulkLifecycles(BulkFixture fixture) : LifecycleTestBase<BulkFixture>(fixture);

public sealed class BulkCapabilities(BulkFixture fixture) : CapabilityTestBase<BulkFixture>(fixture);

public sealed class BulkFileDiffs(BulkFixture fixture) : FileDiffTestBase<BulkFixture>(fixture);

public sealed class BulkBusyVolumes(BulkFixture fixture) : BusyVolumeTestBase<BulkFixture>(fixture);

public sealed class BulkCancellations(BulkFixture fixture) : CancellationTestBase<BulkFixture>(fixture);

public sealed class BulkFallbacks(BulkFixture fixture) : FallbackTestBase<BulkFixture>(fixture);

public sealed class BulkEconomies(BulkFixture fixture) : EconomyTestBase<BulkFixture>(fixture);

public sealed class BulkRandomHistories(BulkFixture fixture) : RandomHistoryTestBase<BulkFixture>(fixture);

public sealed class BulkPortableDifferentials(BulkFixture fixture) : PortableDifferentialTestBase<BulkFixture>(fixture);

public sealed class BulkPortableTrees(BulkFixture fixture) : PortableTreeTestBase<BulkFixture>(fixture);

public sealed class BulkQuiesces(BulkFixture fixture) : QuiesceTestBase<BulkFixture>(fixture);
