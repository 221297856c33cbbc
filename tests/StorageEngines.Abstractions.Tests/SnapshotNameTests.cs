namespace StorageEngines.Tests;

public sealed class SnapshotNameTests
{
    [Theory]
    [InlineData("monday", true)]
    [InlineData("2026-11-21T01:00:00", true)]
    [InlineData("a", true)]
    [InlineData("", false)]
    [InlineData(null, false)]
    [InlineData(".hidden", false)]
    [InlineData("-option", false)]
    [InlineData("a/b", false)]
    [InlineData("a b", false)]
    [InlineData("ä", false)]
    [InlineData("a@b", false)]
    public void Names_are_the_common_ground_of_all_engines(string? name, bool valid)
    {
        Assert.Equal(valid, SnapshotName.IsValid(name));
        Assert.False(SnapshotName.IsValid(new string('a', SnapshotName.MaxLength + 1)));
    }
}
