using StorageEngines.Btrfs.Changes;

namespace StorageEngines.Btrfs.Tests.Changes;

public sealed class SegmentSpoolTests
{
    [Fact]
    public void What_lies_in_the_spool_is_covered_and_cut_as_well()
    {
        for (int seed = 1; seed <= 300; seed++)
        {
            var random = new Random(seed);
            using var spool = new SegmentSpool(Path.GetTempPath(), window: 8);
            var model = new SegmentState?[400];
            int at = 0;
            for (int i = 0; i < 150; i++)
            {
                if (random.Next(40) == 0)
                {
                    at = random.Next(at + 1);
                    spool.Truncate(at);
                    model.AsSpan(at).Clear();
                }

                bool inOrder = random.Next(5) > 0;
                int start = Math.Min(model.Length, inOrder ? at + random.Next(3) : random.Next(model.Length)), end = Math.Min(model.Length, start + random.Next(inOrder ? 5 : 30));
                var state = (SegmentState)random.Next(4);
                spool.Paint(start, end, state);
                model.AsSpan(start..end).Fill(state);
                at = Math.Max(at, end);
            }

            AssertSame(model, spool, seed);
        }
    }

    [Fact]
    public void Too_much_out_of_order_is_given_up()
    {
        using var spool = new SegmentSpool(Path.GetTempPath(), window: 8, mostLate: 3);
        for (int i = 0; i < 100; i++)
        {
            spool.Paint(4 * i, (4 * i) + 1, SegmentState.Data);
        }

        for (int i = 0; i < 4; i++)
        {
            Assert.False(spool.GaveUp);
            spool.Paint((4 * i) + 2, (4 * i) + 3, SegmentState.Zero);
        }

        Assert.True(spool.GaveUp);
    }

    private static void AssertSame(SegmentState?[] model, SegmentSpool spool, int seed)
    {
        var actual = new SegmentState?[model.Length];
        long end = 0;
        foreach (Segment segment in spool.Segments())
        {
            Assert.True(segment.Start < segment.End && segment.Start >= end, $"seed {seed}: {segment} after {end}");
            actual.AsSpan((int)segment.Start..(int)segment.End).Fill(segment.State);
            end = segment.End;
        }

        Assert.True(model.AsSpan().SequenceEqual(actual), $"seed {seed}");
    }
}
