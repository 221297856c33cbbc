using System.Security.Cryptography;
using StorageEngines.Portable.Rolling;

namespace StorageEngines.Tests.Portable.Rolling;

public sealed class ResultHashTests
{
    // xxh128sum of xxHash 0.8.1 (Debian), of files with the bytes that Content makes.
    [Theory]
    [InlineData(241, "037fc7f5eb0e62df5f15f12e172b51fa")]
    [InlineData(1024, "f71bd8197487cda16049adedbb22283e")]
    [InlineData(1025, "97b196dd29fe16fb63c9fc3d4dc27985")]
    [InlineData(2048, "4c612a4c3e7b950402e59e016d711afd")]
    [InlineData(3000, "5a16ce319c67cf149c5d842527875382")]
    [InlineData(65537, "fa8751a81fa2de5fb0e75560d195a57b")]
    [InlineData(100000, "788f1bd8eec4709cca45fdb45c811080")]
    public void Hash_is_that_of_the_stock_program_however_the_bytes_come(int length, string expected)
    {
        byte[] content = Content(length);
        var random = new Random(length);
        for (int i = 0; i < 20; i++)
        {
            var hash = new Xxh3Stream();
            for (int at = 0; at < length;)
            {
                int count = i == 0 ? length : Math.Min(length - at, random.Next(random.Next(2) == 0 ? 3 : 5000));
                hash.Append(content.AsSpan(at, count));
                at += count;
            }

            Assert.Equal(expected, hash.Finish().ToString("x32"));
        }
    }

    [Fact]
    public void Result_up_to_64_KiB_has_a_SHA256_and_a_longer_one_an_XXH3()
    {
        byte[] content = Content(65537);
        var shorter = new ResultHash();
        shorter.Append(content.AsSpan(0, 30_000));
        shorter.Append(content.AsSpan(30_000, 35_536));
        Assert.Equal("sha256:" + Convert.ToHexStringLower(SHA256.HashData(content.AsSpan(0, 65_536))), ResultHash.Print(shorter.Finish()));
        var longer = new ResultHash();
        longer.Append(content.AsSpan(0, 30_000));
        longer.Append(content.AsSpan(30_000));
        Assert.Equal("xxh3-128:fa8751a81fa2de5fb0e75560d195a57b", ResultHash.Print(longer.Finish()));
    }

    [Fact]
    public void Short_input_is_refused_by_the_part_that_cannot_hash_it()
        => Assert.Throws<InvalidOperationException>(() => new Xxh3Stream().Finish());

    private static byte[] Content(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)(((i * (long)i * 31) + (i * 7) + (i >> 8)) & 255))];
}
