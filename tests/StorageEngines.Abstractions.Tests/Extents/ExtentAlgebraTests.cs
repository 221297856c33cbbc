using FsCheck;
using FsCheck.Fluent;

namespace StorageEngines.Tests.Extents;

/// <summary>Every operation is held against a map of 64 bytes, one state a byte.</summary>
public sealed class ExtentAlgebraTests
{
    private const int Size = 64;

    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(2000);

    [Fact]
    public void Normalize_gives_the_same_bytes_sorted_and_disjoint()
        => Prop.ForAll(AnyExtents(), any =>
        {
            IReadOnlyList<Extent> result = ExtentAlgebra.Normalize(any);
            AssertOrderly(result);
            Assert.Equal(Paint(any.OrderBy(e => e.State == ExtentState.Data)), Paint(result));
        }).Check(Runs);

    [Fact]
    public void Union_holds_what_is_in_either_and_data_wins()
        => ForTwo((a, b) => a.Union(b), (x, y) => x == 'D' || y == 'D' ? 'D' : x == 'Z' || y == 'Z' ? 'Z' : '.');

    [Fact]
    public void Intersect_holds_what_is_in_both_with_the_first_state()
        => ForTwo((a, b) => a.Intersect(b), (x, y) => y == '.' ? '.' : x);

    [Fact]
    public void Subtract_holds_what_is_only_in_the_first()
        => ForTwo((a, b) => a.Subtract(b), (x, y) => y == '.' ? x : '.');

    [Fact]
    public void Complement_holds_the_gaps_as_data()
        => ForTwo((a, _) => a.Complement(Size), (x, _) => x == '.' ? 'D' : '.');

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 64)]
    [InlineData(5, 6)]
    [InlineData(10, 41)]
    public void Clip_holds_what_lies_within(int start, int end)
        => Prop.ForAll(AnyExtents(), any =>
        {
            IReadOnlyList<Extent> list = ExtentAlgebra.Normalize(any);
            string expected = new([.. Paint(list).Select((state, at) => at >= start && at < end ? state : '.')]);
            List<Extent> result = [.. list.Clip(start, end)];
            AssertOrderly(result);
            Assert.Equal(expected, Paint(result));
        }).Check(Runs);

    [Fact]
    public void Touching_extents_of_one_state_are_joined()
        => Assert.Equal(
            [new Extent(0, 3), new Extent(3, 1, ExtentState.Zero), new Extent(9, 1)],
            new[] { new Extent(0, 1), new Extent(1, 2), new Extent(3, 1, ExtentState.Zero), new Extent(9, 1) }.Coalesce());

    [Fact]
    public void Disorder_is_an_error_and_not_a_wrong_answer()
    {
        Extent[] disorder = [new(8, 4), new(4, 2)];
        Assert.Throws<InvalidOperationException>(() => disorder.Coalesce().Count());
        Assert.Throws<InvalidOperationException>(() => new[] { new Extent(0, 4), new Extent(3, 2) }.Subtract([]).Count());
    }

    [Fact]
    public void A_billion_extents_are_not_held_in_memory()
    {
        IEnumerable<Extent> endless = Enumerable.Range(0, int.MaxValue).Select(i => new Extent(i * 8L, 4));
        Assert.Equal(new Extent(8, 4), endless.Union([]).Skip(1).First());
        Assert.Equal([new Extent(16, 4)], endless.Clip(14, 22));
    }

    [Fact]
    public void Extents_at_the_end_of_the_address_space_do_not_overflow()
    {
        Extent last = Extent.FromBounds(long.MaxValue - 1, long.MaxValue);
        Assert.Equal([last], new[] { last }.Union([]));
        Assert.Equal([Extent.FromBounds(0, long.MaxValue - 1)], new[] { last }.Complement(long.MaxValue));
    }

    private static void ForTwo(Func<IEnumerable<Extent>, IEnumerable<Extent>, IEnumerable<Extent>> operation, Func<char, char, char> oneByte)
        => Prop.ForAll(AnyExtents(), AnyExtents(), (a, b) =>
        {
            IReadOnlyList<Extent> first = ExtentAlgebra.Normalize(a);
            IReadOnlyList<Extent> second = ExtentAlgebra.Normalize(b);
            List<Extent> result = [.. operation(first, second)];
            AssertOrderly(result);
            Assert.Equal(new string([.. Paint(first).Zip(Paint(second), oneByte)]), Paint(result));
        }).Check(Runs);

    private static Arbitrary<Extent[]> AnyExtents() => Arb.From(
        from count in Gen.Choose(0, 8)
        from extents in Gen.ArrayOf(
            from start in Gen.Choose(0, Size - 1)
            from length in Gen.Choose(1, Size - start)
            from zero in Gen.Elements(ExtentState.Data, ExtentState.Zero)
            select new Extent(start, length, zero), count)
        select extents);

    private static string Paint(IEnumerable<Extent> extents)
    {
        var map = new string('.', Size).ToCharArray();
        foreach (Extent extent in extents)
        {
            Array.Fill(map, extent.State == ExtentState.Data ? 'D' : 'Z', (int)extent.Offset, (int)extent.Length);
        }

        return new string(map);
    }

    private static void AssertOrderly(IReadOnlyList<Extent> extents)
    {
        foreach ((Extent a, Extent b) in extents.Zip(extents.Skip(1)))
        {
            Assert.True(a.End < b.Offset || (a.End == b.Offset && a.State != b.State), $"{a} is followed by {b}");
        }
    }
}
