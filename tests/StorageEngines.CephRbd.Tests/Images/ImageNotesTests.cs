using StorageEngines.CephRbd.Images;

namespace StorageEngines.CephRbd.Tests.Images;

public sealed class ImageNotesTests
{
    private static readonly ImageKey Key = new("f", 1, "", "abc");
    private static readonly RbdSnapshot Snapshot = new(7, "monday", 100, SnapshotSpace.User, DateTimeOffset.UnixEpoch, false, null);

    [Fact]
    public void Labels_of_any_text_come_back()
    {
        var labels = new Dictionary<string, string> { ["a=b"] = "x\n\"ü\"", [""] = "" };
        Assert.Equal(labels, new ImageNotes(Key, new Dictionary<string, string> { [ImageNotes.LabelsKey(Key, "7")] = ImageNotes.Encode(labels) }).Labels(Snapshot));
        Assert.Equal(labels, new ImageNotes(Key, new Dictionary<string, string> { [ImageNotes.NewKey(Key, "monday")] = ImageNotes.Encode(labels) }).Labels(Snapshot));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{\"a\":1}")]
    public void What_is_not_ours_is_no_label(string text)
        => Assert.Empty(new ImageNotes(Key, new Dictionary<string, string> { [ImageNotes.LabelsKey(Key, "7")] = text }).Labels(Snapshot));

    [Fact]
    public void What_a_clone_inherited_is_not_its_own()
    {
        var other = new ImageKey("f", 1, "", "def");
        var notes = new ImageNotes(Key, new Dictionary<string, string>
        {
            [ImageNotes.HoldKey(other, "7", "backup")] = "",
            [ImageNotes.LabelsKey(other, "7")] = "{\"a\":\"b\"}",
            [ImageNotes.WitnessKey(other, "7")] = "first",
            [ImageNotes.ProtectedKey(other, "7")] = "",
        });
        Assert.Empty(notes.Holds(Snapshot));
        Assert.Empty(notes.Labels(Snapshot));
        Assert.Null(notes.Witnesses(Snapshot));
        Assert.False(notes.WeProtected(Snapshot));
        Assert.Empty(notes.KeysOf(Snapshot.IdText));
    }

    [Fact]
    public void Holds_of_one_snapshot_are_not_those_of_another()
    {
        var notes = new ImageNotes(Key, new Dictionary<string, string> { [ImageNotes.HoldKey(Key, "7", "b")] = "", [ImageNotes.HoldKey(Key, "7", "a.b")] = "", [ImageNotes.HoldKey(Key, "71", "c")] = "" });
        Assert.Equal(["a.b", "b"], notes.Holds(Snapshot));
        Assert.Equal(2, notes.KeysOf(Snapshot.IdText).Count);
    }

    [Fact]
    public void Too_many_labels_are_refused()
        => Assert.Throws<ArgumentException>(() => ImageNotes.Encode(new Dictionary<string, string> { ["a"] = new('x', 70_000) }));
}
