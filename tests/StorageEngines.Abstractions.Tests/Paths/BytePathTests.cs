using FsCheck;
using FsCheck.Fluent;

namespace StorageEngines.Tests.Paths;

public sealed class BytePathTests
{
    [Theory]
    [InlineData("plain/name", "plain/name")]
    [InlineData("größe/日本", "größe/日本")]
    [InlineData("a\\b", @"a\\b")]
    [InlineData("line\nbreak", @"line\x0abreak")]
    [InlineData("\u200bhidden", @"\xe2\x80\x8bhidden")]
    public void Printing_shows_what_is_printable_and_escapes_the_rest(string name, string printed)
    {
        Assert.Equal(printed, BytePath.FromString(name).ToString());
        Assert.Equal(BytePath.FromString(name), BytePath.Parse(printed));
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_survive_printing()
        => Assert.Equal(@"\xff\xc3(", new BytePath(new byte[] { 0xFF, 0xC3, 0x28 }).ToString());

    [Fact]
    public void Every_byte_string_survives_printing_and_parsing_on_one_line()
        => Prop.ForAll(Arb.From(Gen.ArrayOf(Gen.Choose(1, 255).Select(i => (byte)i))), bytes =>
        {
            string printed = new BytePath(bytes).ToString();
            Assert.DoesNotContain('\n', printed);
            Assert.True(BytePath.Parse(printed).Span.SequenceEqual(bytes));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Theory]
    [InlineData(@"a\")]
    [InlineData(@"a\q")]
    [InlineData(@"a\x4")]
    [InlineData(@"a\x00")]
    public void Broken_escapes_are_refused(string text) => Assert.Throws<FormatException>(() => BytePath.Parse(text));

    [Theory]
    [InlineData("", true)]
    [InlineData("a/b", true)]
    [InlineData("a..b/...", true)]
    [InlineData("/a", false)]
    [InlineData("a//b", false)]
    [InlineData("a/", false)]
    [InlineData("..", false)]
    [InlineData("a/../b", false)]
    [InlineData("./a", false)]
    [InlineData("a/.", false)]
    public void Safe_paths_stay_below_their_root(string path, bool safe) => Assert.Equal(safe, BytePath.FromString(path).IsSafeRelative);

    [Fact]
    public void A_path_is_taken_apart_and_put_together()
    {
        BytePath path = BytePath.FromString("a/b/c");
        Assert.Equal("c", path.Name.ToString());
        Assert.Equal("a/b", path.Parent.ToString());
        Assert.True(BytePath.FromString("a").Parent.IsRoot);
        Assert.Equal(path, path.Parent.Append(path.Name));
        Assert.Equal("/a", BytePath.FromString("/").Append(BytePath.FromString("a")).ToString());
        Assert.Throws<ArgumentException>(() => path.Append(BytePath.FromString("/etc")));
        Assert.Throws<ArgumentException>(() => new BytePath(new byte[] { 65, 0 }));
    }

    [Theory]
    [InlineData("a/b", "a", true)]
    [InlineData("a", "a", true)]
    [InlineData("ab", "a", false)]
    [InlineData("a", "", true)]
    [InlineData("a", "a/b", false)]
    public void Below_goes_by_components(string path, string ancestor, bool below)
        => Assert.Equal(below, BytePath.FromString(path).IsAtOrBelow(BytePath.FromString(ancestor)));

    [Theory]
    [InlineData("/a/b", "a", true)]
    [InlineData("a/b", "/a/", true)]
    [InlineData("/a", "/a//", true)]
    [InlineData("/ab", "/a", false)]
    [InlineData("a", "/", true)]
    [InlineData("/a", "", true)]
    [InlineData("a", "a/b", false)]
    [InlineData("b/a", "a", false)]
    public void Places_are_as_users_write_them(string location, string place, bool within)
        => Assert.Equal(within, BytePath.FromString(location).IsWithin(BytePath.FromString(place)));

    [Fact]
    public void Order_is_that_of_unsigned_bytes()
        => Assert.True(new BytePath(new byte[] { 0x7F }) < new BytePath(new byte[] { 0x80 }) && BytePath.FromString("a") < BytePath.FromString("aa"));
}
