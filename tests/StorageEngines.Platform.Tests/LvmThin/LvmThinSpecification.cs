using StorageEngines.Specification;

namespace StorageEngines.Platform.Tests.LvmThin;

/// <summary>Tests that share one thin pool run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class LvmThinTests
{
    internal const string Name = "LVM thin";
}

public sealed class LvmThinCompliance : ComplianceTestBase<LvmThinFixture>;

[Collection(LvmThinTests.Name)]
[Trait("Length", "long")]
public sealed class LvmThinExtentLists(LvmThinFixture fixture) : ExtentListTestBase<LvmThinFixture>(fixture);

[Collection(LvmThinTests.Name)]
public sealed class LvmThinDeltas(LvmThinFixture fixture) : DeltaTestBase<LvmThinFixture>(fixture);

[Collection(LvmThinTests.Name)]
public sealed class LvmThinIdentities(LvmThinFixture fixture) : IdentityTestBase<LvmThinFixture>(fixture);

[Collection(LvmThinTests.Name)]
public sealed class LvmThinLifecycles(LvmThinFixture fixture) : LifecycleTestBase<LvmThinFixture>(fixture);

[Collection(LvmThinTests.Name)]
public sealed class LvmThinCapabilities(LvmThinFixture fixture) : CapabilityTestBase<LvmThinFixture>(fixture);

[Collection(LvmThinTests.Name)]
[Trait("Length", "long")]
public sealed class LvmThinBusyVolumes(LvmThinFixture fixture) : BusyVolumeTestBase<LvmThinFixture>(fixture);

[Collection(LvmThinTests.Name)]
[Trait("Length", "long")]
public sealed class LvmThinCancellations(LvmThinFixture fixture) : CancellationTestBase<LvmThinFixture>(fixture);

[Collection(LvmThinTests.Name)]
[Trait("Length", "long")]
public sealed class LvmThinFallbacks(LvmThinFixture fixture) : FallbackTestBase<LvmThinFixture>(fixture);

[Collection(LvmThinTests.Name)]
[Trait("Length", "long")]
public sealed class LvmThinEconomies(LvmThinFixture fixture) : EconomyTestBase<LvmThinFixture>(fixture);

[Collection(LvmThinTests.Name)]
[Trait("Length", "long")]
public sealed class LvmThinRandomHistories(LvmThinFixture fixture) : RandomHistoryTestBase<LvmThinFixture>(fixture);

[Collection(LvmThinTests.Name)]
[Trait("Length", "long")]
public sealed class LvmThinQuiesces(LvmThinFixture fixture) : QuiesceTestBase<LvmThinFixture>(fixture);

[Collection(LvmThinTests.Name)]
[Trait("Length", "long")]
public sealed class LvmThinPortableDifferentials(LvmThinFixture fixture) : PortableDifferentialTestBase<LvmThinFixture>(fixture);
