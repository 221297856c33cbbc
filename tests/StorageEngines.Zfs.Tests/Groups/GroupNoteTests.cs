using StorageEngines.Zfs.Groups;
using StorageEngines.Zfs.Snapshots;

namespace StorageEngines.Zfs.Tests.Groups;

public sealed class GroupNoteTests
{
    [Fact]
    public void The_same_members_and_name_are_the_same_group()
    {
        var note = GroupNote.Of("ta nk:x", [3, ulong.MaxValue, 1], "s");
        Assert.Equal(note.Id, GroupNote.Of("ta nk:x", [1, 3, ulong.MaxValue], "s").Id);
        Assert.NotEqual(note.Id, GroupNote.Of("ta nk:x", [1, 3, ulong.MaxValue], "t").Id);
        Assert.NotEqual(note.Id, GroupNote.Of("ta nk:x", [1, 3], "s").Id);
        Assert.Equal("ta nk:x", note.Pool);
        GroupNote read = GroupNote.TryParse(note.ToString())!;
        Assert.Equal((note.Id, "1,3,18446744073709551615"), (read.Id, string.Join(',', read.Members)));
        Assert.Equal((note.Id, null), (read.GroupOf(3), read.GroupOf(2)));
    }

    [Fact]
    public void The_note_of_the_largest_group_fits_in_a_property()
        => Assert.InRange(GroupNote.Of(new string('p', 255), Enumerable.Repeat(ulong.MaxValue, ZfsGroups.MostMembers), "s").ToString().Length, 1, SnapshotLabels.MostBytes);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("2:0123456789abcdef0123456789abcdef:tank")]
    [InlineData("2:0123456789abcdef0123456789abcdef:tank 1,x")]
    [InlineData("2:0123456789abcdef0123456789abcde:tank 1,2")]
    [InlineData("0:0123456789abcdef0123456789abcdef:tank 1,2")]
    [InlineData("2:0123456789abcdef0123456789abcdef:tank/x 1,2")]
    public void What_others_wrote_is_no_note(string? text) => Assert.Null(GroupNote.TryParse(text));
}
