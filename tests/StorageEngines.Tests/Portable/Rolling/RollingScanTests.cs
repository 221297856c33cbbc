using StorageEngines.Portable.Rolling;

namespace StorageEngines.Tests.Portable.Rolling;

public sealed class RollingScanTests
{
    [Theory]
    [InlineData(32, 32)]
    [InlineData(128, 131)]
    [InlineData(128, 5000)]
    [InlineData(1024, 20000)]
    public void Every_window_that_passes_the_filter_is_noted_once_and_in_order(int block, int length)
    {
        var random = new Random(block + length);
        byte[] data = RandomEdits.Bytes(random, length);
        var index = new SumIndex(block, 500);
        for (int i = 0; i < 500; i++)
        {
            // Half of them are windows of the data, at any alignment.
            index.Add(i % 2 == 0 ? WeakSum.Of(data.AsSpan(random.Next(length - block + 1), block)) : new WeakSum((uint)random.Next(), (uint)random.Next()), i);
        }

        List<RollingHit> expected = [];
        for (int at = 0; at <= length - block; at++)
        {
            WeakSum sum = WeakSum.Of(data.AsSpan(at, block));
            uint hash = WeakSum.Hash(sum.A, sum.B);
            uint mask = RollingScan.Mask(hash);
            if ((index.Filter[(int)(hash >> RollingScan.Shift(index.Filter))] & mask) == mask)
            {
                expected.Add(new RollingHit(at, sum));
            }
        }

        Assert.NotEmpty(expected);
        foreach (int room in (int[])[1, 8, 9, 1000])
        {
            Assert.Equal(expected, Scan(data, block, index, room));
        }
    }

    [Fact]
    public void Window_that_was_added_is_found_again()
    {
        byte[] data = RandomEdits.Bytes(new Random(5), 10_000);
        var index = new SumIndex(512, 16);
        index.Add(WeakSum.Of(data.AsSpan(777, 512)), 123_456_789_012);
        RollingHit hit = Assert.Single(Scan(data, 512, index, 100), found => index.Find(found.Sum) >= 0);
        Assert.Equal(777, hit.At);
        Assert.Equal(123_456_789_012, index.Find(hit.Sum));
    }

    [Fact]
    public void Of_equal_blocks_the_first_is_kept_and_a_full_index_takes_no_more()
    {
        var index = new SumIndex(32, 2);
        index.Add(new WeakSum(1, 1), 10);
        index.Add(new WeakSum(1, 1), 20);
        index.Add(new WeakSum(2, 2), 30);
        index.Add(new WeakSum(3, 3), 40);
        Assert.Equal(10, index.Find(new WeakSum(1, 1)));
        Assert.Equal(30, index.Find(new WeakSum(2, 2)));
        Assert.Equal(-1, index.Find(new WeakSum(3, 3)));
        index.Clear();
        Assert.Equal(-1, index.Find(new WeakSum(1, 1)));
    }

    private static List<RollingHit> Scan(byte[] data, int block, SumIndex index, int room)
    {
        List<RollingHit> found = [];
        var hits = new RollingHit[room];
        WeakSum sum = WeakSum.Of(data.AsSpan(0, block));
        for (int next = 0; next <= data.Length - block;)
        {
            next = RollingScan.Run(data, block, next, ref sum, index.Filter, hits, out int count);
            found.AddRange(hits[..count]);
        }

        return found;
    }
}
