using StorageEngines.Zfs.Snapshots;

namespace StorageEngines.Zfs.Tests.Snapshots;

public sealed class SnapshotLabelsTests
{
    [Fact]
    public void Labels_survive_as_one_line_of_ASCII()
    {
        var labels = new Dictionary<string, string> { ["a"] = "tab\t line\n quote'\" ü 🦊", ["ü"] = "", [""] = "x" };
        string text = SnapshotLabels.Format(labels);
        Assert.All(text, c => Assert.InRange(c, ' ', '~'));
        Assert.Equal(labels, SnapshotLabels.TryParse(text));
        Assert.Empty(SnapshotLabels.TryParse(SnapshotLabels.Format(new Dictionary<string, string>()))!);
    }

    [Theory]
    [InlineData("42")]
    [InlineData("")]
    [InlineData("{\"a\":1}")]
    [InlineData("{\"a\":\"1\",\"a\":\"2\"}")]
    [InlineData("{\"a\":\"1\"")]
    [InlineData("{\"a\":\"\\ud800\"}")]
    public void What_others_wrote_is_no_label(string text) => Assert.Null(SnapshotLabels.TryParse(text));

    [Fact]
    public void Labels_that_no_property_holds_are_refused()
        => Assert.Throws<ArgumentException>(() => SnapshotLabels.Format(new Dictionary<string, string> { ["a"] = new string('x', SnapshotLabels.MostBytes) }));
}
