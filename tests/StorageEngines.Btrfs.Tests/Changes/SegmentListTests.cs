using StorageEngines.Btrfs.Changes;

namespace StorageEngines.Btrfs.Tests.Changes;

public sealed class SegmentListTests
{
    [Fact]
    public void What_comes_later_covers_what_came_before()
    {
        for (int seed = 1; seed <= 300; seed++)
        {
            var random = new Random(seed);
            var list = new SegmentList(int.MaxValue);
            var model = new SegmentState?[200];
            for (int i = 0; i < 60; i++)
            {
                int start = random.Next(model.Length), end = random.Next(start, model.Length + 1);
                if (random.Next(8) == 0)
                {
                    list.Truncate(start);
                    model.AsSpan(start).Clear();
                    continue;
                }

                var state = (SegmentState)random.Next(4);
                list.Paint(start, end, state);
                model.AsSpan(start..end).Fill(state);
                AssertSame(model, list, seed);
            }
        }
    }

    [Fact]
    public void Too_many_ranges_are_given_up()
    {
        var list = new SegmentList(3);
        for (int i = 0; i < 3; i++)
        {
            list.Paint(2 * i, (2 * i) + 1, SegmentState.Data);
        }

        list.Paint(1, 2, SegmentState.Data);
        Assert.Equal(2, list.Segments.Length);
        list.Paint(10, 11, SegmentState.Data);
        Assert.False(list.TooMany);
        list.Paint(20, 21, SegmentState.Data);
        Assert.True(list.TooMany);
        Assert.True(list.Segments.IsEmpty);
    }

    private static void AssertSame(SegmentState?[] model, SegmentList list, int seed)
    {
        var actual = new SegmentState?[model.Length];
        Segment last = default;
        foreach (Segment segment in list.Segments)
        {
            Assert.True(segment.Start < segment.End && segment.Start >= last.End && (segment.Start > last.End || segment.State != last.State || last.End == 0), $"seed {seed}");
            actual.AsSpan((int)segment.Start..(int)segment.End).Fill(segment.State);
            last = segment;
        }

        Assert.Equal(model, actual);
    }
}
