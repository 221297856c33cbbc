using StorageEngines.CephRbd.Blocks;

namespace StorageEngines.CephRbd.Tests.Blocks;

public sealed class ExtentShaperTests
{
    [Fact]
    public void Extents_of_one_period_may_come_in_any_order()
    {
        Assert.Equal([new Extent(0, 10), new Extent(20, 5), new Extent(100, 1)], Shape(100, 1000, 1000, true, [new RawExtent(20, 5, true), new RawExtent(0, 10, true)], [new RawExtent(100, 1, true)]));
    }

    [Fact]
    public void Neighbours_of_one_state_are_joined_and_others_are_not()
    {
        Assert.Equal(
            [new Extent(0, 200), new Extent(200, 50, ExtentState.Zero)],
            Shape(100, 1000, 1000, true, [new RawExtent(0, 100, true), new RawExtent(100, 100, true), new RawExtent(200, 50, false)]));
    }

    [Fact]
    public void Where_two_overlap_data_wins()
    {
        Assert.Equal(
            [new Extent(0, 10, ExtentState.Zero), new Extent(10, 20), new Extent(30, 10, ExtentState.Zero)],
            Shape(100, 1000, 1000, true, [new RawExtent(0, 40, false), new RawExtent(10, 20, true)]));
    }

    [Fact]
    public void One_that_goes_beyond_its_period_is_kept_in_order_with_what_follows()
    {
        Assert.Equal([new Extent(50, 250)], Shape(100, 1000, 1000, true, [new RawExtent(50, 200, true), new RawExtent(240, 60, true)]));
    }

    [Fact]
    public void What_lies_beyond_the_end_is_cut_off()
    {
        Assert.Equal([new Extent(90, 10)], Shape(100, 100, 100, true, [new RawExtent(90, 50, true), new RawExtent(200, 10, true)]));
    }

    [Fact]
    public void What_grew_is_zero_where_nothing_is_told()
    {
        Assert.Equal(
            [new Extent(0, 1), new Extent(100, 50, ExtentState.Zero), new Extent(150, 10), new Extent(160, 240, ExtentState.Zero)],
            Shape(100, 100, 400, true, [new RawExtent(0, 1, true), new RawExtent(150, 10, true)]));
        Assert.Equal([new Extent(33, 67, ExtentState.Zero)], Shape(100, 33, 100, true));
    }

    [Fact]
    public void A_smaller_target_has_nothing_that_grew() => Assert.Empty(Shape(100, 500, 100, true));

    [Fact]
    public void Zeroes_are_left_out_of_what_is_allocated()
    {
        Assert.Equal([new Extent(10, 10)], Shape(100, 1000, 1000, false, [new RawExtent(0, 10, false), new RawExtent(10, 10, true)]));
    }

    [Fact]
    public void A_period_that_comes_after_a_later_one_is_an_error()
    {
        Assert.Throws<InvalidDataException>(() => Shape(100, 1000, 1000, true, [new RawExtent(300, 10, true), new RawExtent(0, 10, true)]));
    }

    [Theory]
    [InlineData(-1, 5)]
    [InlineData(0, 0)]
    [InlineData(0, -5)]
    [InlineData(long.MaxValue, 5)]
    public void Ranges_that_cannot_be_are_an_error(long offset, long length)
    {
        Assert.Throws<InvalidDataException>(() => Shape(100, 1000, 1000, true, [new RawExtent(offset, length, true)]));
    }

    [Fact]
    public void Whatever_comes_is_what_a_map_of_all_bytes_says()
    {
        for (int seed = 0; seed < 2000; seed++)
        {
            var random = new Random(seed);
            int period = random.Next(1, 60), baseSize = random.Next(0, 400), size = random.Next(1, 400);
            List<RawExtent> raw = [];
            for (int start = 0; start < 400; start += period)
            {
                for (int i = random.Next(0, 4); i > 0; i--)
                {
                    raw.Add(new RawExtent(start + random.Next(period), random.Next(1, 40), random.Next(2) == 0));
                }
            }

            byte[] expected = new byte[size]; // 0 nothing, 1 zero, 2 data
            expected.AsSpan(Math.Min(baseSize, size)).Fill(1);
            foreach (bool data in new[] { false, true })
            {
                foreach (RawExtent each in raw.Where(each => each.Exists == data))
                {
                    for (long at = each.Offset; at < Math.Min(size, each.Offset + each.Length); at++)
                    {
                        expected[at] = data ? (byte)2 : (byte)1;
                    }
                }
            }

            byte[] actual = new byte[size];
            long end = 0;
            foreach (Extent extent in Shape(period, baseSize, size, true, [.. raw]))
            {
                Assert.True(extent.Offset >= end, $"seed {seed}");
                end = extent.End;
                actual.AsSpan((int)extent.Offset, (int)extent.Length).Fill(extent.State == ExtentState.Data ? (byte)2 : (byte)1);
            }

            Assert.True(expected.AsSpan().SequenceEqual(actual), $"seed {seed}");
        }
    }

    private static List<Extent> Shape(long period, long baseBytes, long targetBytes, bool keepsZeroes, params RawExtent[][] batches)
    {
        var shaper = new ExtentShaper(period, baseBytes, targetBytes, keepsZeroes);
        List<Extent> extents = [];
        foreach (RawExtent[] batch in batches)
        {
            extents.AddRange(shaper.Add(batch));
        }

        extents.AddRange(shaper.End());
        return extents;
    }
}
