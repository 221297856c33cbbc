using System.Runtime.InteropServices;
using StorageEngines.Zfs.Streams;

namespace StorageEngines.Zfs.Tests.Streams;

public sealed class Fletcher4Tests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Vectors_give_what_the_plain_way_gives(bool swapped)
    {
        var random = new Random(11);
        byte[] bytes = StreamBuilder.Some(random, 1 << 20);
        foreach (int length in (int[])[0, 3, 4, 12, 16, 17, 28, 280, 312, 4096, 4100, 65_535, (1 << 18) + 20, (3 << 18) + 36, 1 << 20])
        {
            Fletcher4 plain = Some(random), vectors = plain;
            plain.AddScalar(MemoryMarshal.Cast<byte, uint>(bytes.AsSpan(0, length)), swapped);
            vectors.Add(bytes.AsSpan(0, length), swapped);
            Assert.Equal(plain.ToString(), vectors.ToString());
            Assert.True(plain.Equals(vectors));
        }
    }

    [Fact]
    public void Pieces_give_what_the_whole_gives()
    {
        var random = new Random(12);
        for (int round = 0; round < 500; round++)
        {
            byte[] bytes = StreamBuilder.Some(random, 4 * random.Next(1, 600));
            int cut = 4 * random.Next(0, (bytes.Length / 4) + 1);
            Fletcher4 whole = Some(random), pieces = whole;
            whole.Add(bytes, swapped: false);
            pieces.Add(bytes.AsSpan(0, cut), swapped: false);
            pieces.Add(bytes.AsSpan(cut), swapped: false);
            Assert.Equal(whole.ToString(), pieces.ToString());
        }
    }

    [Fact]
    public void The_sums_are_those_of_the_definition()
    {
        var sum = default(Fletcher4);
        sum.Add(MemoryMarshal.AsBytes<uint>([1, 2, 3, 4, 5]), swapped: false);
        Assert.Equal((15UL, 35UL, 70UL, 126UL), (sum.A, sum.B, sum.C, sum.D));
    }

    [Fact]
    public void Order_and_every_byte_count()
    {
        byte[] bytes = StreamBuilder.Some(new Random(13), 4096);
        var whole = default(Fletcher4);
        whole.Add(bytes, swapped: false);
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] ^= 1;
            var other = default(Fletcher4);
            other.Add(bytes, swapped: false);
            Assert.False(whole.Equals(other));
            bytes[i] ^= 1;
        }
    }

    private static Fletcher4 Some(Random random) => new()
    {
        A = unchecked((ulong)random.NextInt64(long.MinValue, long.MaxValue)),
        B = unchecked((ulong)random.NextInt64(long.MinValue, long.MaxValue)),
        C = unchecked((ulong)random.NextInt64(long.MinValue, long.MaxValue)),
        D = unchecked((ulong)random.NextInt64(long.MinValue, long.MaxValue)),
    };
}
