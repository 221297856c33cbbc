using StorageEngines.LvmThin.Snapshots;

namespace StorageEngines.LvmThin.Tests.Snapshots;

public sealed class SnapshotTagsTests
{
    [Theory]
    [InlineData("purpose", "law 16")]
    [InlineData("", "")]
    [InlineData("a=b", "c=d+20,/\\\"'\n")]
    [InlineData("größe", "𝄞 € \u0001")]
    public void Labels_come_back(string key, string value)
    {
        List<string> tags = SnapshotTags.Of("V", "one", new Dictionary<string, string> { [key] = value, ["other"] = new string('ä', 1000) });
        Assert.All(tags, tag => Assert.True(tag.Length <= 1024 && tag.All(c => char.IsAsciiLetterOrDigit(c) || "_+.-/=!:&#".Contains(c, StringComparison.Ordinal)), tag));
        Dictionary<string, string> labels = SnapshotTags.Labels([.. tags.Reverse<string>(), "seng.label:x:0:a=b", "seng.label:7:0:noequals", "seng.label:8:0:+zz=", "else"]);
        Assert.Equal(2, labels.Count);
        Assert.Equal(value, labels[key]);
        Assert.Equal(new string('ä', 1000), labels["other"]);
        Assert.Equal(("V", "one"), (SnapshotTags.Find(tags, SnapshotTags.Snapshot), SnapshotTags.Find(tags, SnapshotTags.Name)));
    }

    [Fact]
    public void Labels_that_are_too_long_are_refused()
        => Assert.Throws<ArgumentException>(() => SnapshotTags.Of("V", "one", new Dictionary<string, string> { ["a"] = new string('x', 70_000) }));

    [Fact]
    public void Any_text_comes_back()
    {
        var random = new Random(3);
        for (int i = 0; i < 1000; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(20)).Select(_ => char.ConvertFromUtf32(random.Next(1, 0xD800))));
            Assert.True(SnapshotTags.TryDecode(SnapshotTags.Encode(text), out string? read));
            Assert.Equal(text, read);
        }
    }

    [Fact]
    public void Holds_are_listed_in_order() => Assert.Equal(["a", "b"], SnapshotTags.Holds(["seng.hold:b", "x", "seng.hold:a"]));
}
