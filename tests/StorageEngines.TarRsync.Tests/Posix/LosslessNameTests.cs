using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Tests.Posix;

public sealed class LosslessNameTests
{
    [Fact]
    public void Random_bytes_survive_the_round_trip()
    {
        Random random = new(1);
        HashSet<string> printed = [];
        HashSet<string> names = [];
        for (int i = 0; i < 20_000; i++)
        {
            byte[] name = new byte[random.Next(0, 24)];
            random.NextBytes(name);
            if (i % 3 == 0)
                name.AsSpan().Replace((byte)0x80, (byte)'\\');
            string text = LosslessName.Format(name);
            Assert.Equal(name, LosslessName.Parse(text));
            Assert.DoesNotContain(text, char.IsControl);
            printed.Add(text);
            names.Add(Convert.ToHexString(name));
        }
        Assert.Equal(names.Count, printed.Count);
    }

    [Fact]
    public void Every_code_point_survives_the_round_trip()
    {
        for (int value = 0; value <= 0x10FFFF; value++)
        {
            if (!System.Text.Rune.TryCreate(value, out System.Text.Rune rune))
                continue;
            byte[] name = new byte[rune.Utf8SequenceLength];
            rune.EncodeToUtf8(name);
            Assert.True(name.AsSpan().SequenceEqual(LosslessName.Parse(LosslessName.Format(name))));
        }
    }

    [Fact]
    public void Printable_text_stays_and_the_rest_is_escaped()
    {
        Assert.Equal("a b ä 漢 😀", LosslessName.Format("a b ä 漢 😀"u8));
        Assert.Equal(@"a\\b", LosslessName.Format("a\\b"u8));
        Assert.Equal(@"a\x0Ab\xFF\xC3", LosslessName.Format([(byte)'a', 10, (byte)'b', 0xFF, 0xC3]));
        Assert.Equal(@"\xE2\x80\xAE", LosslessName.Format("\u202E"u8)); // right-to-left override
        Assert.Equal("", LosslessName.Format([]));
    }

    [Theory]
    [InlineData(@"\")]
    [InlineData(@"a\x")]
    [InlineData(@"\x0")]
    [InlineData(@"\xG0")]
    [InlineData(@"\x 1")]
    [InlineData(@"\n")]
    public void What_was_never_printed_is_refused(string text) => Assert.Throws<FormatException>(() => LosslessName.Parse(text));

    // An attribute argument cannot carry a lone surrogate, so it is made here.
    [Fact]
    public void A_lone_surrogate_is_refused() => Assert.Throws<FormatException>(() => LosslessName.Parse("a" + (char)0xD800));
}
