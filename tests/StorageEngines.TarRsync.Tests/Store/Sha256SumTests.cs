using System.Security.Cryptography;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Tests.Store;

public sealed class Sha256SumTests
{
    [Fact]
    public void Is_the_library_s_sum_for_every_length_in_one_text_and_in_two()
    {
        var bytes = new byte[700];
        new Random(7).NextBytes(bytes);
        Span<byte> mine = stackalloc byte[Sha256Sum.Size], whole = stackalloc byte[Sha256Sum.Size];
        for (int length = 0; length <= bytes.Length; length++)
        {
            byte[] expected = SHA256.HashData(bytes.AsSpan(0, length));
            byte[] room = [.. bytes.AsSpan(0, length), .. new byte[128]];
            Sha256Sum.Here(room, length, mine);
            Assert.Equal(expected, mine.ToArray());
            Sha256Sum.Of(bytes.AsSpan(0, length / 3), bytes.AsSpan(length / 3, length - (length / 3)), whole);
            Assert.Equal(expected, whole.ToArray());
        }
    }

    [Fact]
    public void Is_the_library_s_sum_around_the_longest_text_and_when_much_was_hashed()
    {
        var bytes = new byte[Sha256Sum.MostAtOnce + 10];
        new Random(8).NextBytes(bytes);
        var mine = new byte[Sha256Sum.Size];
        for (int done = 0; done < 3 * Sha256Sum.MostInAll; done += bytes.Length)
        {
            for (int length = Sha256Sum.MostAtOnce - 1; length <= Sha256Sum.MostAtOnce + 1; length++)
            {
                Sha256Sum.Of(bytes.AsSpan(0, length), default, mine);
                Assert.Equal(SHA256.HashData(bytes.AsSpan(0, length)), mine);
            }
        }
    }
}
