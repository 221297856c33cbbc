namespace StorageEngines.Tests.Extents;

public sealed class AsyncExtentAlgebraTests
{
    private static readonly Extent[] First = [new(0, 4), new(6, 4, ExtentState.Zero), new(20, 1)];
    private static readonly Extent[] Second = [new(2, 6), new(19, 3, ExtentState.Zero)];

    [Fact]
    public async Task The_asynchronous_operations_give_what_the_ordinary_ones_give()
    {
        Assert.Equal(First.Union(Second), await Async(First).Union(Async(Second)).ToListAsync());
        Assert.Equal(First.Intersect(Second), await Async(First).Intersect(Async(Second)).ToListAsync());
        Assert.Equal(First.Subtract(Second), await Async(First).Subtract(Async(Second)).ToListAsync());
        Assert.Equal(First.Clip(3, 8), await Async(First).Clip(3, 8).ToListAsync());
        Assert.Equal(First.Complement(30), await Async(First).Complement(30).ToListAsync());
        Assert.Equal(First.Coalesce(), await Async(First).Coalesce().ToListAsync());
    }

    [Fact]
    public async Task Cancellation_reaches_the_source()
    {
        using var source = new CancellationTokenSource();
        await using IAsyncEnumerator<Extent> result = Async(First).Coalesce().GetAsyncEnumerator(source.Token);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await result.MoveNextAsync());
    }

    [Fact]
    public async Task Batches_are_read_as_one_list()
    {
        ExtentBatch batch = new(ExtentStyle.VariableLength, 100, 100, ChangeSource.NativeDelta, Exactness.Exact, First);
        ExtentBatch[] batches = [batch, batch with { Extents = [] }, batch with { Extents = [new Extent(50, 1)] }];
        Assert.Equal([.. First, new Extent(50, 1)], await batches.ToAsyncEnumerable().ToExtentsAsync().ToListAsync());
    }

    private static async IAsyncEnumerable<Extent> Async(
        Extent[] extents, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (Extent extent in extents)
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            yield return extent;
        }
    }
}
