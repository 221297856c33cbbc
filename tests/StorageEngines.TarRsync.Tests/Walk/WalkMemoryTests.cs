using StorageEngines.TarRsync.Walk;

namespace StorageEngines.TarRsync.Tests.Walk;

/// <summary>Memory that is kept from walk to walk.</summary>
public sealed class WalkMemoryTests
{
    [Theory]
    [InlineData(100)]
    [InlineData(2000)]
    [InlineData(64 << 10)]
    public void What_is_used_now_is_kept_though_a_walk_of_another_kind_has_filled_it(int count)
    {
        var memory = new WalkMemory();
        Fill(memory, 1);
        Fill(memory, 1000);
        WalkItem[] items = memory.RentItems(count);
        memory.Return(items);
        Assert.Same(items, memory.RentItems(count));
    }

    [Fact]
    public void The_listing_of_a_huge_directory_is_not_kept()
    {
        var memory = new WalkMemory();
        WalkItem[] items = memory.RentItems((64 << 10) + 1);
        memory.Return(items);
        Assert.NotSame(items, memory.RentItems((64 << 10) + 1));
    }

    private static void Fill(WalkMemory memory, int count)
    {
        WalkItem[][] many = [.. Enumerable.Range(0, 2000).Select(_ => memory.RentItems(count))];
        foreach (WalkItem[] items in many)
        {
            memory.Return(items);
        }
    }
}
