using StorageEngines.Specification;

namespace StorageEngines.TarRsync.Tests.Specification;

public sealed class XfsReflinkExtentLists(XfsReflinkFixture fixture) : ExtentListTestBase<XfsReflinkFixture>(fixture);

public sealed class XfsReflinkDeltas(XfsReflinkFixture fixture) : DeltaTestBase<XfsReflinkFixture>(fixture);

public sealed class XfsReflinkIdentities(XfsReflinkFixture fixture) : IdentityTestBase<XfsReflinkFixture>(fixture);

public sealed class XfsReflinkLifecycles(XfsReflinkFixture fixture) : LifecycleTestBase<XfsReflinkFixture>(fixture);

public sealed class XfsReflinkCapabilities(XfsReflinkFixture fixture) : CapabilityTestBase<XfsReflinkFixture>(fixture);

public sealed class XfsReflinkFileDiffs(XfsReflinkFixture fixture) : FileDiffTestBase<XfsReflinkFixture>(fixture);

public sealed class XfsReflinkBusyVolumes(XfsReflinkFixture fixture) : BusyVolumeTestBase<XfsReflinkFixture>(fixture);

public sealed class XfsReflinkCancellations(XfsReflinkFixture fixture) : CancellationTestBase<XfsReflinkFixture>(fixture);

public sealed class XfsReflinkFallbacks(XfsReflinkFixture fixture) : FallbackTestBase<XfsReflinkFixture>(fixture);

public sealed class XfsReflinkEconomies(XfsReflinkFixture fixture) : EconomyTestBase<XfsReflinkFixture>(fixture);

public sealed class XfsReflinkRandomHistories(XfsReflinkFixture fixture) : RandomHistoryTestBase<XfsReflinkFixture>(fixture);

public sealed class XfsReflinkPortableTrees(XfsReflinkFixture fixture) : PortableTreeTestBase<XfsReflinkFixture>(fixture);

public sealed class XfsReflinkPortableDifferentials(XfsReflinkFixture fixture) : PortableDifferentialTestBase<XfsReflinkFixture>(fixture);

public sealed class XfsReflinkQuiesces(XfsReflinkFixture fixture) : QuiesceTestBase<XfsReflinkFixture>(fixture);

public sealed class BtrfsReflinkExtentLists(BtrfsReflinkFixture fixture) : ExtentListTestBase<BtrfsReflinkFixture>(fixture);

public sealed class BtrfsReflinkDeltas(BtrfsReflinkFixture fixture) : DeltaTestBase<BtrfsReflinkFixture>(fixture);

public sealed class BtrfsReflinkIdentities(BtrfsReflinkFixture fixture) : IdentityTestBase<BtrfsReflinkFixture>(fixture);

public sealed class BtrfsReflinkLifecycles(BtrfsReflinkFixture fixture) : LifecycleTestBase<BtrfsReflinkFixture>(fixture);

public sealed class BtrfsReflinkCapabilities(BtrfsReflinkFixture fixture) : CapabilityTestBase<BtrfsReflinkFixture>(fixture);

public sealed class BtrfsReflinkFileDiffs(BtrfsReflinkFixture fixture) : FileDiffTestBase<BtrfsReflinkFixture>(fixture);

public sealed class BtrfsReflinkBusyVolumes(BtrfsReflinkFixture fixture) : BusyVolumeTestBase<BtrfsReflinkFixture>(fixture);

public sealed class BtrfsReflinkCancellations(BtrfsReflinkFixture fixture) : CancellationTestBase<BtrfsReflinkFixture>(fixture);

public sealed class BtrfsReflinkFallbacks(BtrfsReflinkFixture fixture) : FallbackTestBase<BtrfsReflinkFixture>(fixture);

public sealed class BtrfsReflinkEconomies(BtrfsReflinkFixture fixture) : EconomyTestBase<BtrfsReflinkFixture>(fixture);

public sealed class BtrfsReflinkRandomHistories(BtrfsReflinkFixture fixture) : RandomHistoryTestBase<BtrfsReflinkFixture>(fixture);

public sealed class BtrfsReflinkPortableTrees(BtrfsReflinkFixture fixture) : PortableTreeTestBase<BtrfsReflinkFixture>(fixture);

public sealed class BtrfsReflinkPortableDifferentials(BtrfsReflinkFixture fixture) : PortableDifferentialTestBase<BtrfsReflinkFixture>(fixture);

public sealed class BtrfsReflinkQuiesces(BtrfsReflinkFixture fixture) : QuiesceTestBase<BtrfsReflinkFixture>(fixture);

public sealed class CompressedReflinkExtentLists(CompressedReflinkFixture fixture) : ExtentListTestBase<CompressedReflinkFixture>(fixture);

public sealed class CompressedReflinkDeltas(CompressedReflinkFixture fixture) : DeltaTestBase<CompressedReflinkFixture>(fixture);

public sealed class CompressedReflinkFileDiffs(CompressedReflinkFixture fixture) : FileDiffTestBase<CompressedReflinkFixture>(fixture);

public sealed class CompressedReflinkPortableTrees(CompressedReflinkFixture fixture) : PortableTreeTestBase<CompressedReflinkFixture>(fixture);

public sealed class CompressedReflinkRandomHistories(CompressedReflinkFixture fixture) : RandomHistoryTestBase<CompressedReflinkFixture>(fixture);
