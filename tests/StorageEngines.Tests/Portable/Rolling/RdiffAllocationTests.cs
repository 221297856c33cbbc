namespace StorageEngines.Tests.Portable.Rolling;

/// <summary>What a damaged delta may cost in memory.</summary>
[Collection(nameof(RdiffAllocationTests))]
public sealed class RdiffAllocationTests
{
    [Fact]
    public async Task Claimed_length_is_not_allocated()
    {
        byte[] delta = [.. Convert.FromHexString("72730236447FFFFFFFFFFFFFF0"), .. new byte[100]];
        long before = GC.GetTotalAllocatedBytes(precise: true);
        await Assert.ThrowsAsync<CorruptDataException>(() => DeltaRounds.ApplyAsync([], delta));
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 8 << 20);
    }

    /// <summary>By itself: what tests beside it allocate is counted too.</summary>
    [CollectionDefinition(nameof(RdiffAllocationTests), DisableParallelization = true)]
    public sealed class Alone;
}
