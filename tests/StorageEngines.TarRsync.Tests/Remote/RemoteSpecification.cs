using StorageEngines.Specification;

namespace StorageEngines.TarRsync.Tests.Remote;

public sealed class RemoteExtentLists(RemoteFixture fixture) : ExtentListTestBase<RemoteFixture>(fixture);

public sealed class RemoteDeltas(RemoteFixture fixture) : DeltaTestBase<RemoteFixture>(fixture);

public sealed class RemoteIdentities(RemoteFixture fixture) : IdentityTestBase<RemoteFixture>(fixture);

public sealed class RemoteLifecycles(RemoteFixture fixture) : LifecycleTestBase<RemoteFixture>(fixture);

public sealed class RemoteCapabilities(RemoteFixture fixture) : CapabilityTestBase<RemoteFixture>(fixture);

public sealed class RemoteFileDiffs(RemoteFixture fixture) : FileDiffTestBase<RemoteFixture>(fixture);

public sealed class RemoteBusyVolumes(RemoteFixture fixture) : BusyVolumeTestBase<RemoteFixture>(fixture);

public sealed class RemoteCancellations(RemoteFixture fixture) : CancellationTestBase<RemoteFixture>(fixture);

public sealed class RemoteFallbacks(RemoteFixture fixture) : FallbackTestBase<RemoteFixture>(fixture);

public sealed class RemoteEconomies(RemoteFixture fixture) : EconomyTestBase<RemoteFixture>(fixture);

public sealed class RemotePortableDifferentials(RemoteFixture fixture) : PortableDifferentialTestBase<RemoteFixture>(fixture);

public sealed class RemotePortableTrees(RemoteFixture fixture) : PortableTreeTestBase<RemoteFixture>(fixture);

public sealed class RemoteQuiesces(RemoteFixture fixture) : QuiesceTestBase<RemoteFixture>(fixture);

public sealed class RemoteQuickFileDiffs(RemoteQuickFixture fixture) : FileDiffTestBase<RemoteQuickFixture>(fixture);

public sealed class RemoteQuickRandomHistories(RemoteQuickFixture fixture) : RandomHistoryTestBase<RemoteQuickFixture>(fixture);
