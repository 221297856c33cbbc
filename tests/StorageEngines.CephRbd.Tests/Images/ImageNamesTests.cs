using StorageEngines.CephRbd.Groups;
using StorageEngines.CephRbd.Images;

namespace StorageEngines.CephRbd.Tests.Images;

public sealed class ImageNamesTests
{
    [Theory]
    [InlineData("rbd/vm", "rbd", "", "vm")]
    [InlineData("/rbd/vm", "rbd", "", "vm")]
    [InlineData("rbd/ns/vm", "rbd", "ns", "vm")]
    [InlineData("rbd/-a 'ü\"", "rbd", "", "-a 'ü\"")]
    public void Locations_are_read(string text, string pool, string space, string image)
    {
        Assert.True(ImagePath.TryParse(BytePath.FromString(text), out ImagePath? path));
        Assert.Equal(new ImagePath(pool, space, image), path);
    }

    [Theory]
    [InlineData("vm")]
    [InlineData("rbd/")]
    [InlineData("rbd//vm")]
    [InlineData("rbd/ns/vm/more")]
    [InlineData("rbd/vm@snapshot")]
    [InlineData("//rbd/vm")]
    public void What_names_no_image_is_refused(string text) => Assert.False(ImagePath.TryParse(BytePath.FromString(text), out _));

    [Fact]
    public void Bytes_that_are_not_utf8_name_no_image() => Assert.False(ImagePath.TryParse(new BytePath(new byte[] { (byte)'r', (byte)'/', 0xff }), out _));

    [Theory]
    [InlineData("", "f-1/7/abc")]
    [InlineData("ns", "f-1/7/ns/abc")]
    public void Keys_are_read_as_they_are_written(string space, string text)
    {
        var key = new ImageKey("f-1", 7, space, "abc");
        Assert.Equal(text, key.ToString());
        Assert.True(ImageKey.TryParse(text, out ImageKey? read));
        Assert.Equal(key, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("f/x/abc")]
    [InlineData("f/-1/abc")]
    [InlineData("f/1/")]
    [InlineData("f/1/n/i/more")]
    public void Other_keys_are_none(string text) => Assert.False(ImageKey.TryParse(text, out _));

    [Fact]
    public void Groups_are_read_as_they_are_written_whatever_they_are_called()
    {
        var id = new GroupId("f", new GroupPlace(3, "", "a/b @%"), "snap/1", ".group.3_1_2");
        Assert.True(GroupId.TryParse(id.ToString(), out GroupId? read));
        Assert.Equal(id, read);
        Assert.False(GroupId.TryParse("f/3/g", out _));
        Assert.False(GroupId.TryParse("f/x//g/s/m", out _));
    }
}
