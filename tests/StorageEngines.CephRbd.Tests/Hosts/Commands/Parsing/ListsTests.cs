using System.Text;
using StorageEngines.CephRbd.Hosts.Commands.Parsing;

namespace StorageEngines.CephRbd.Tests.Hosts.Commands.Parsing;

public sealed class ListsTests
{
    [Fact]
    public void Watchers_are_addresses()
    {
        Assert.Matches(@"^127\.0\.0\.1:0/\d+$", Assert.Single(Lists.Watchers(Recorded.Bytes("status.json"))));
        Assert.Empty(Lists.Watchers(Recorded.Bytes("status-idle.json")));
    }

    [Fact]
    public void Children_are_told_for_people()
        => Assert.Equal(["rbd/golden/child", "rbd/golden/late-child", "rbd/golden/lost (in the trash)"], Lists.Children(Recorded.Bytes("children.json")));

    [Fact]
    public void Groups_are_read()
    {
        Assert.Equal(["-g", "empty"], Lists.Groups(Recorded.Bytes("group-ls.json")));
        Assert.Equal([("rbd", $"-{Recorded.Hostile}"), ("rbd", "v")], Lists.GroupImages(Recorded.Bytes("group-image-ls.json")));
        Assert.Empty(Lists.GroupImages(Recorded.Bytes("group-image-ls-missing.json")));
        Assert.Equal(["s \"1"], Lists.GroupSnapshots(Recorded.Bytes("group-snap-ls.json")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[7]")]
    [InlineData("[[]]")]
    [InlineData("[{\"pool\":1,\"image\":1,\"snapshot\":1}]")]
    [InlineData("{\"watchers\":{}}")]
    [InlineData("{\"watchers\":[{}]}")]
    public void What_is_no_such_list_is_an_error(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Assert.Throws<CorruptDataException>(() => Lists.Watchers(bytes));
        Assert.Throws<CorruptDataException>(() => Lists.Children(bytes));
        Assert.Throws<CorruptDataException>(() => Lists.Groups(bytes));
        Assert.Throws<CorruptDataException>(() => Lists.GroupImages(bytes));
        Assert.Throws<CorruptDataException>(() => Lists.GroupSnapshots(bytes));
    }
}
