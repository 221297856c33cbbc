using StorageEngines.Specification;

namespace StorageEngines.TarRsync.Tests.Specification;

// The laws about content, for either way of cutting files; the other laws do not depend on it.
public sealed class ChunkedExtentLists(ChunkedFixture fixture) : ExtentListTestBase<ChunkedFixture>(fixture);

public sealed class ChunkedDeltas(ChunkedFixture fixture) : DeltaTestBase<ChunkedFixture>(fixture);

public sealed class ChunkedFileDiffs(ChunkedFixture fixture) : FileDiffTestBase<ChunkedFixture>(fixture);

public sealed class ChunkedFallbacks(ChunkedFixture fixture) : FallbackTestBase<ChunkedFixture>(fixture);

public sealed class ChunkedRandomHistories(ChunkedFixture fixture) : RandomHistoryTestBase<ChunkedFixture>(fixture);

public sealed class ChunkedPortableTrees(ChunkedFixture fixture) : PortableTreeTestBase<ChunkedFixture>(fixture);

public sealed class FixedExtentLists(FixedFixture fixture) : ExtentListTestBase<FixedFixture>(fixture);

public sealed class FixedDeltas(FixedFixture fixture) : DeltaTestBase<FixedFixture>(fixture);

public sealed class FixedFileDiffs(FixedFixture fixture) : FileDiffTestBase<FixedFixture>(fixture);

public sealed class FixedFallbacks(FixedFixture fixture) : FallbackTestBase<FixedFixture>(fixture);

public sealed class FixedRandomHistories(FixedFixture fixture) : RandomHistoryTestBase<FixedFixture>(fixture);

public sealed class FixedPortableTrees(FixedFixture fixture) : PortableTreeTestBase<FixedFixture>(fixture);
