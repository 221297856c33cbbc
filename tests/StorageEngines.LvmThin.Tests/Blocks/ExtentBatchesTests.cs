using StorageEngines.BlockMaps;

namespace StorageEngines.LvmThin.Tests.Blocks;

/// <summary>What the answers of all block maps have in common; the class is compiled into every engine.</summary>
public sealed class ExtentBatchesTests
{
    private static readonly ExtentBatch Head = new(ExtentStyle.VariableLength, 1 << 20, null, ChangeSource.NativeAllocated, Exactness.Exact, []);

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(100)]
    public void An_offset_up_to_the_capacity_is_taken(long offset) => ExtentBatches.CheckOffset(offset, 100, "some");

    [Theory]
    [InlineData(-1)]
    [InlineData(101)]
    [InlineData(long.MaxValue)]
    public void An_offset_outside_is_refused(long offset)
    {
        var error = Assert.Throws<StorageEngineException>(() => ExtentBatches.CheckOffset(offset, 100, "some"));
        Assert.Equal(EngineStatus.OutOfRange, error.Status);
        Assert.Equal("some", error.Engine);
        Assert.Contains($"The offset {offset} is outside of 0 to 100, the capacity.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, new[] { 1024, 1024, 2 })]
    [InlineData(5000, new[] { 1024, 1024, 2 })]
    [InlineData(1000, new[] { 1000, 1000, 50 })]
    public void No_batch_is_larger_than_asked_for_or_1024(int maxResults, int[] sizes)
    {
        Extent[] extents = [.. Enumerable.Range(0, 2050).Select(i => new Extent(i * 8, 4, ExtentState.Data))];
        ExtentBatch[] batches = [.. ExtentBatches.Cut(Head, extents, maxResults, CancellationToken.None)];
        Assert.Equal(sizes, batches.Select(batch => batch.Extents.Count));
        Assert.Equal(extents, batches.SelectMany(batch => batch.Extents));
    }

    [Fact]
    public void An_answer_without_extents_is_one_empty_batch()
        => Assert.Empty(Assert.Single(ExtentBatches.Cut(Head, [], 0, CancellationToken.None)).Extents);
}
