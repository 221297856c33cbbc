namespace StorageEngines.Tests.Extents;

public sealed class ExtentTests
{
    [Theory]
    [InlineData(-1, 1)]
    [InlineData(0, 0)]
    [InlineData(0, -1)]
    [InlineData(long.MaxValue, 1)]
    public void Impossible_ranges_cannot_be_made(long offset, long length)
        => Assert.Throws<ArgumentOutOfRangeException>(() => new Extent(offset, length));

    [Fact]
    public void Bounds_make_the_same_extent_as_offset_and_length()
    {
        Assert.Equal(new Extent(4, 6, ExtentState.Zero), Extent.FromBounds(4, 10, ExtentState.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => Extent.FromBounds(4, 4));
    }
}
