using StorageEngines.Specification;

namespace StorageEngines.Platform.Tests.Zfs;

public sealed class DatasetExtentLists(DatasetFixture fixture) : ExtentListTestBase<DatasetFixture>(fixture);

public sealed class DatasetDeltas(DatasetFixture fixture) : DeltaTestBase<DatasetFixture>(fixture);

public sealed class DatasetFileDiffs(DatasetFixture fixture) : FileDiffTestBase<DatasetFixture>(fixture);

public sealed class DatasetBusyVolumes(DatasetFixture fixture) : BusyVolumeTestBase<DatasetFixture>(fixture);

public sealed class DatasetFallbacks(DatasetFixture fixture) : FallbackTestBase<DatasetFixture>(fixture);

public sealed class DatasetEconomies(DatasetFixture fixture) : EconomyTestBase<DatasetFixture>(fixture);

public sealed class DatasetRandomHistories(DatasetFixture fixture) : RandomHistoryTestBase<DatasetFixture>(fixture);

public sealed class DatasetPortableTrees(DatasetFixture fixture) : PortableTreeTestBase<DatasetFixture>(fixture);
