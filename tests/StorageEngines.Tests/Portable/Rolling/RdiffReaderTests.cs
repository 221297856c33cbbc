using StorageEngines.Portable.Rolling;

namespace StorageEngines.Tests.Portable.Rolling;

public sealed class RdiffReaderTests
{
    [Theory]
    [InlineData("00000000", 0, "not a delta of rdiff")]
    [InlineData("7273", 2, "cut short")]
    [InlineData("72730236", 4, "cut short")]
    [InlineData("7273023605AABB00", 8, "cut short")]
    [InlineData("7273023641", 5, "cut short")]
    [InlineData("72730236410000", 4, "0 bytes")]
    [InlineData("7273023645000000", 4, "0 bytes")]
    [InlineData("7273023601AA55", 6, "0x55 has no meaning")]
    [InlineData("72730236FF", 4, "0xff has no meaning")]
    [InlineData("72730236448000000000000000", 4, "beyond any file")]
    [InlineData("72730236547FFFFFFFFFFFFFFF0000000000000001" + "00", 4, "a copy of 1 bytes")]
    [InlineData("72730236" + "5400000000000000007FFFFFFFFFFFFFFF" + "5400000000000000007FFFFFFFFFFFFFFF" + "00", 21, "were made before")]
    [InlineData("7273023600FF", 5, "not a trailer")]
    public void Damage_is_told_with_its_byte(string hex, long at, string words)
    {
        CorruptDataException error = Assert.Throws<CorruptDataException>(() => Read(Convert.FromHexString(hex)));
        Assert.Equal(at, error.Offset);
        Assert.Contains(words, error.Message);
    }

    [Fact]
    public async Task Copy_beyond_the_base_names_the_command_and_is_a_wrong_base()
    {
        byte[] delta = Convert.FromHexString("7273023601AA450A0B00");
        BaseMismatchException error = await Assert.ThrowsAsync<BaseMismatchException>(() => DeltaRounds.ApplyAsync(new byte[20], delta));
        Assert.Contains("at its byte 6", error.Message);
        Assert.Equal(12, (await DeltaRounds.ApplyAsync(new byte[21], delta)).Length);
    }

    [Fact]
    public async Task Every_truncation_and_every_flipped_bit_is_noticed()
    {
        var random = new Random(1);
        byte[] from = RandomEdits.Bytes(random, 3000);
        byte[] to = [.. from.AsSpan(0, 1500), .. RandomEdits.Bytes(random, 90), .. from.AsSpan(1500)];
        (byte[] delta, _) = await DeltaRounds.MakeAsync(from, to);
        for (int length = 0; length < delta.Length; length++)
        {
            byte[]? made = await TryApplyAsync(from, delta[..length]);
            Assert.True(made is null || length == delta.Length - RdiffTrailer.Length, $"cut at {length}");
        }

        for (int bit = 0; bit < delta.Length * 8; bit++)
        {
            byte[] damaged = [.. delta];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.True(await TryApplyAsync(from, damaged) is null, $"bit {bit}");
        }
    }

    [Fact]
    public async Task Random_bytes_end_in_an_error_that_is_ours()
    {
        for (int seed = 0; seed < 20_000; seed++)
        {
            var random = new Random(seed);
            byte[] delta = [0x72, 0x73, 0x02, 0x36, .. RandomEdits.Bytes(random, random.Next(40))];
            if (random.Next(2) == 0)
            {
                // Mostly commands that mean something, with small numbers.
                for (int i = 4; i < delta.Length; i++)
                {
                    delta[i] = (byte)random.Next(random.Next(2) == 0 ? 3 : 0x55);
                }
            }

            byte[]? made = await TryApplyAsync(new byte[1000], delta);
            Assert.True(made is null || made.Length < 100_000);
        }
    }

    private static async Task<byte[]?> TryApplyAsync(byte[] from, byte[] delta)
    {
        try
        {
            return await DeltaRounds.ApplyAsync(from, delta);
        }
        catch (StorageEngineException error) when (error is CorruptDataException or BaseMismatchException)
        {
            return null;
        }
    }

    private static void Read(byte[] delta)
    {
        var reader = new RdiffReader(new MemoryStream(delta), "delta");
        reader.ReadHeader();
        while (reader.Next() is not null)
        {
        }

        RdiffTrailer.Read(reader);
    }
}
