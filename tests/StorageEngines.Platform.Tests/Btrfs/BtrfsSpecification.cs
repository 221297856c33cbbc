using StorageEngines.Specification;

namespace StorageEngines.Platform.Tests.Btrfs;

public sealed class BtrfsCompliance : ComplianceTestBase<BtrfsFixture>;

public sealed class BtrfsExtentLists(BtrfsFixture fixture) : ExtentListTestBase<BtrfsFixture>(fixture);

public sealed class BtrfsDeltas(BtrfsFixture fixture) : DeltaTestBase<BtrfsFixture>(fixture);

public sealed class BtrfsIdentities(BtrfsFixture fixture) : IdentityTestBase<BtrfsFixture>(fixture);

public sealed class BtrfsLifecycles(BtrfsFixture fixture) : LifecycleTestBase<BtrfsFixture>(fixture);

public sealed class BtrfsCapabilities(BtrfsFixture fixture) : CapabilityTestBase<BtrfsFixture>(fixture);

public sealed class BtrfsFileDiffs(BtrfsFixture fixture) : FileDiffTestBase<BtrfsFixture>(fixture);

public sealed class BtrfsBusyVolumes(BtrfsFixture fixture) : BusyVolumeTestBase<BtrfsFixture>(fixture);

public sealed class BtrfsCancellations(BtrfsFixture fixture) : CancellationTestBase<BtrfsFixture>(fixture);

public sealed class BtrfsFallbacks(BtrfsFixture fixture) : FallbackTestBase<BtrfsFixture>(fixture);

public sealed class BtrfsEconomies(BtrfsFixture fixture) : EconomyTestBase<BtrfsFixture>(fixture);

public sealed class BtrfsRandomHistories(BtrfsFixture fixture) : RandomHistoryTestBase<BtrfsFixture>(fixture);

public sealed class BtrfsPortableDifferentials(BtrfsFixture fixture) : PortableDifferentialTestBase<BtrfsFixture>(fixture);

public sealed class BtrfsPortableTrees(BtrfsFixture fixture) : PortableTreeTestBase<BtrfsFixture>(fixture);

public sealed class BtrfsQuiesces(BtrfsFixture fixture) : QuiesceTestBase<BtrfsFixture>(fixture);

public sealed class BtrfsGroups(DurableBtrfsFixture fixture) : GroupTestBase<DurableBtrfsFixture>(fixture);

public sealed class BtrfsDifferentials(BtrfsFixture fixture) : DifferentialTestBase<BtrfsFixture>(fixture);
