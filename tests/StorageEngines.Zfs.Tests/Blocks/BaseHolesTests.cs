using StorageEngines.Zfs.Blocks;

namespace StorageEngines.Zfs.Tests.Blocks;

public sealed class BaseHolesTests
{
    private const long Block = BaseHoles.WorthBytes / 2;

    [Fact]
    public void A_hole_of_both_is_left_out_and_what_the_base_held_is_told()
    {
        // The base has data in blocks 0, 6 and 20, and is 30 blocks long.
        BaseHoles holes = Of(30, 0, 6, 20);
        Extent[] told = [Hole(0, 5), Data(5, 6), Hole(6, 7), Data(7, 8), Hole(8, 28), Data(28, 29), Hole(29, 40)];
        Assert.Equal([Hole(0, 5), Data(5, 6), Hole(6, 7), Data(7, 8), Hole(20, 28), Data(28, 29), Hole(29, 40)], holes.LeaveOut(told));
        Assert.Equal([Data(5, 6), Hole(30, 33)], Of(30, 0).LeaveOut([Data(5, 6), Hole(7, 33)]));
        Assert.Equal([Data(5, 6)], Of(30, 0).LeaveOut([Hole(1, 5), Data(5, 6), Hole(7, 30)]));
    }

    [Fact]
    public void Small_holes_and_those_before_the_start_are_not_asked_about_and_questions_are_few()
    {
        int asked = 0;
        var holes = new BaseHoles(1000 * Block, offset => { asked++; return long.MaxValue; });
        Extent[] told = [.. Enumerable.Range(0, 100).Select(i => Hole(10 * i, (10 * i) + (i % 2 == 0 ? 1 : 3)))];
        List<Extent> left = [.. holes.LeaveOut(told, startingOffset: 15 * Block)];
        Assert.Equal(BaseHoles.MostQuestions, asked);
        Assert.Equal(told.Where(each => each.Length < BaseHoles.WorthBytes || each.Offset < 15 * Block || each.Offset > 330 * Block), left);
    }

    [Fact]
    public void What_is_not_known_is_told() => Assert.Equal([Hole(0, 9)], new BaseHoles(9 * Block, _ => null).LeaveOut([Hole(0, 9)]));

    [Fact]
    public void Holes_are_joined_and_data_is_not()
        => Assert.Equal(
            [Hole(0, 4), Data(4, 5), Data(5, 6), Hole(6, 7), Hole(8, 9)],
            BaseHoles.JoinHoles([Hole(0, 1), Hole(1, 4), Data(4, 5), Data(5, 6), Hole(6, 7), Hole(8, 9)]));

    [Theory]
    [InlineData("1 4243456\n", 4243456L)]
    [InlineData("2 0\n", long.MaxValue)]
    [InlineData("end\n", long.MaxValue)]
    [InlineData("", null)]
    [InlineData("1 \n", null)]
    [InlineData("1 -1\n", null)]
    [InlineData("one two\n", null)]
    public void Answers_are_read(string told, long? data) => Assert.Equal(data, BaseHoles.Read(told));

    [Fact]
    public void Base_and_difference_give_the_target_whatever_is_left_out()
    {
        var random = new Random(7);
        for (int round = 0; round < 300; round++)
        {
            int baseBlocks = random.Next(1, 60), blocks = random.Next(1, 60);
            bool[] before = Fill(random, baseBlocks), after = Fill(random, blocks);
            bool[] copy = [.. Enumerable.Range(0, blocks).Select(i => i < baseBlocks && before[i])];
            long[] data = [.. Enumerable.Range(0, baseBlocks).Where(i => before[i]).Select(i => (long)i)];
            IEnumerable<Extent> told = Enumerable.Range(0, blocks).Select(i => after[i] ? Data(i, i + 1) : Hole(i, i + 1));
            foreach (Extent extent in Of(baseBlocks, data).LeaveOut(BaseHoles.JoinHoles(told)))
            {
                copy.AsSpan((int)(extent.Offset / Block), (int)(extent.Length / Block)).Fill(extent.State == ExtentState.Data);
            }

            Assert.Equal(after, copy);
        }
    }

    private static bool[] Fill(Random random, int blocks)
    {
        int odds = random.Next(1, 20);
        return [.. Enumerable.Range(0, blocks).Select(_ => random.Next(odds) == 0)];
    }

    private static BaseHoles Of(long blocks, params long[] data)
        => new(blocks * Block, offset => data.Where(each => (each + 1) * Block > offset).Select(each => (long?)(each * Block)).FirstOrDefault(long.MaxValue));

    private static Extent Hole(long from, long to) => Extent.FromBounds(from * Block, to * Block, ExtentState.Zero);

    private static Extent Data(long from, long to) => Extent.FromBounds(from * Block, to * Block);
}
