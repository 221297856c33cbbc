using StorageEngines.Specification;

namespace StorageEngines.Platform.Tests.Btrfs.Remote;

public sealed class RemoteBtrfsCompliance : ComplianceTestBase<RemoteBtrfsFixture>;

public sealed class RemoteBtrfsExtentLists(RemoteBtrfsFixture fixture) : ExtentListTestBase<RemoteBtrfsFixture>(fixture);

public sealed class RemoteBtrfsDeltas(RemoteBtrfsFixture fixture) : DeltaTestBase<RemoteBtrfsFixture>(fixture);

public sealed class RemoteBtrfsIdentities(RemoteBtrfsFixture fixture) : IdentityTestBase<RemoteBtrfsFixture>(fixture);

public sealed class RemoteBtrfsLifecycles(RemoteBtrfsFixture fixture) : LifecycleTestBase<RemoteBtrfsFixture>(fixture);

public sealed class RemoteBtrfsCapabilities(RemoteBtrfsFixture fixture) : CapabilityTestBase<RemoteBtrfsFixture>(fixture);

public sealed class RemoteBtrfsFileDiffs(RemoteBtrfsFixture fixture) : FileDiffTestBase<RemoteBtrfsFixture>(fixture);

public sealed class RemoteBtrfsBusyVolumes(RemoteBtrfsFixture fixture) : BusyVolumeTestBase<RemoteBtrfsFixture>(fixture);

public sealed class RemoteBtrfsCancellations(RemoteBtrfsFixture fixture) : CancellationTestBase<RemoteBtrfsFixture>(fixture);

public sealed class RemoteBtrfsFallbacks(RemoteBtrfsFixture fixture) : FallbackTestBase<RemoteBtrfsFixture>(fixture);

public sealed class RemoteBtrfsEconomies(RemoteBtrfsFixture fixture) : EconomyTestBase<RemoteBtrfsFixture>(fixture);

public sealed class RemoteBtrfsRandomHistories(RemoteBtrfsFixture fixture) : RandomHistoryTestBase<RemoteBtrfsFixture>(fixture);

public sealed class RemoteBtrfsPortableTrees(RemoteBtrfsFixture fixture) : PortableTreeTestBase<RemoteBtrfsFixture>(fixture);

public sealed class RemoteBtrfsQuiesces(RemoteBtrfsFixture fixture) : QuiesceTestBase<RemoteBtrfsFixture>(fixture);

public sealed class RemoteBtrfsGroups(DurableRemoteBtrfsFixture fixture) : GroupTestBase<DurableRemoteBtrfsFixture>(fixture);

public sealed class RemoteBtrfsPortableDifferentials(RemoteBtrfsFixture fixture) : PortableDifferentialTestBase<RemoteBtrfsFixture>(fixture);

public sealed class RemoteBtrfsDifferentials(RemoteBtrfsFixture fixture) : DifferentialTestBase<RemoteBtrfsFixture>(fixture);
