using StorageEngines.CephRbd.Blocks;

namespace StorageEngines.CephRbd.Tests.Blocks;

public sealed class ObjectSetTests
{
    [Fact]
    public void Neighbours_are_one_run_and_the_last_one_ends_with_the_image()
    {
        var set = new ObjectSet(1050, 100);
        set.Add(150, 200);
        set.Add(900, 500);
        Assert.Equal([(100, 400), (900, 1050)], set.Runs(0));
        Assert.Equal(5, set.Count);
        Assert.Equal([1, 2, 3, 9, 10], set.Periods());
    }

    [Fact]
    public void Small_gaps_are_asked_too_if_that_is_wished()
    {
        var set = new ObjectSet(2000, 100);
        foreach (int period in new[] { 1, 3, 6, 10, 19 })
        {
            set.Add(period * 100, 1);
        }

        Assert.Equal([(100, 700), (1000, 1100), (1900, 2000)], set.Runs(0, 2));
        Assert.Equal([(300, 700), (1000, 1100), (1900, 2000)], set.Runs(200, 2));
        Assert.Equal(5, set.Runs(0).Count());
    }

    [Fact]
    public void Runs_may_begin_in_the_middle()
    {
        var set = new ObjectSet(1000, 100);
        set.Add(100, 300);
        Assert.Equal([(200, 400)], set.Runs(200));
        Assert.Empty(set.Runs(400));
    }

    [Fact]
    public void A_set_of_many_words_skips_what_is_empty()
    {
        var set = new ObjectSet(1L << 40, 4 << 20);
        set.Add((1L << 40) - 1, 1);
        set.Add(0, 1);
        Assert.Equal([(0, 4 << 20), ((1L << 40) - (4 << 20), 1L << 40)], set.Runs(0));
    }
}
