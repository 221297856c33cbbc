using StorageEngines.Zfs.Tests.Streams;
using StorageEngines.Zfs.Transfer;

namespace StorageEngines.Zfs.Tests.Transfer;

public sealed class ResumeTokenTests
{
    // `zfs get -Hp -o value receive_resume_token`, OpenZFS 2.3.9; an incremental stream sent with -w of an unencrypted volume, cut after 30,000 bytes.
    private const string Incremental = "1-f30a50279-110-789c636064000310a501c49c50360710a715e5e7a69766a630408160e04341d5a0564605209b1d495d7e52566a7209840f0218f26969c5a925201901b83c1b927c5265496a31907ee0825d7f493ec415de85a5c2eff357f721cb7382e5f31273531918aa520cf4cb1c921824a0fa60fe4acd4d4a4dc9cf069bcb8d249e9c9f5b50945a5c0c94820300fa4921df";

    // The same: cli2.txt of the recordings, whose contents 'zfs send -nvPt' printed.
    private const string Full = "1-98effb944-b8-789c636064000310a500c4ec50360710e72765a52697303030419460caa7a515a796806498e0f26c48f2499525a9c540ba808705abfe92fcf4d2cc140686ad93eeefb97468db470d24794eb07c5e626e2a904ecccbd64f2b76486440000031ab1728";

    [Fact]
    public void A_token_of_a_full_stream_says_what_the_program_prints_of_it()
    {
        var token = ResumeToken.Parse(Full);
        Assert.Equal(new ResumeToken(2, 0x20000, 0x40c70, 0xf1b6c2d2bcdf92b5, "tank/fs@a", 0, ResumeFlags.None), token);
    }

    [Fact]
    public void A_token_of_an_incremental_stream_has_its_base_and_its_flags()
    {
        var token = ResumeToken.Parse(Incremental + "\n");
        Assert.Equal((109584085107691793UL, 10280433647017619787UL, "zd0/v@b"), (token.FromGuid, token.ToGuid, token.ToName));
        Assert.Equal(ResumeFlags.Compressed | ResumeFlags.Embedded, token.Flags);
    }

    [Fact]
    public void The_token_beside_the_resumed_stream_is_of_it()
    {
        var token = ResumeToken.Parse(Vector.Text("more-resumed.token"));
        var reader = Vector.Open("more-resumed");
        Assert.True(reader.Read());
        Assert.Equal(reader.Begin.ToGuid, token.ToGuid);
        Assert.Equal(reader.ReadList().Number("resume_offset"), token.Offset);
        Assert.Equal(reader.ReadList().Number("resume_object"), token.ObjectNumber);
    }

    [Theory]
    [InlineData(0UL, ResumeFlags.None)]
    [InlineData(ulong.MaxValue, ResumeFlags.Compressed | ResumeFlags.Embedded | ResumeFlags.LargeBlocks)]
    [InlineData(5UL, ResumeFlags.Raw)]
    public void A_token_that_is_made_here_can_be_read(ulong from, object flags)
    {
        var token = new ResumeToken(1, 1 << 30, 0, ulong.MaxValue - 7, "tank/a b@c:d_e.f-g", from, (ResumeFlags)flags);
        Assert.Equal(token, ResumeToken.Parse(token.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("1-1-1-1")]
    [InlineData("1-1-1-11-1")]
    [InlineData("2-0-0-00")]
    [InlineData("1-x-0-00")]
    [InlineData("1-0-ffffffff-00")]
    [InlineData("1-0-10-zz")]
    [InlineData("1-0-10-")]
    public void What_is_no_token_is_refused(string text) => Assert.Throws<CorruptDataException>(() => ResumeToken.Parse(text));

    // The last bytes, of which ZFS has no checksum, are one of zlib's own.
    [Fact]
    public void Every_truncation_and_every_changed_digit_is_refused_or_the_same_token()
    {
        var whole = ResumeToken.Parse(Full);
        int refused = 0;
        for (int at = 0; at < Full.Length; at++)
        {
            refused += IsRefused(Full[..at], whole) ? 1 : 0;
            foreach (char digit in "0f-g")
            {
                refused += IsRefused(Full[..at] + digit + Full[(at + 1)..], whole) ? 1 : 0;
            }
        }

        Assert.InRange(refused, Full.Length * 9 / 2, Full.Length * 5);
    }

    private static bool IsRefused(string text, ResumeToken whole)
    {
        try
        {
            Assert.Equal(whole, ResumeToken.Parse(text));
            return false;
        }
        catch (CorruptDataException)
        {
            return true;
        }
    }
}
