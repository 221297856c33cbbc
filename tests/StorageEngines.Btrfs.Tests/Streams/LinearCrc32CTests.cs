using System.Numerics;
using StorageEngines.Checksums;

namespace StorageEngines.Btrfs.Tests.Streams;

public sealed class LinearCrc32CTests
{
    [Fact]
    public void It_is_the_checksum_of_one_byte_after_the_other()
    {
        var random = new Random(5);
        var bytes = new byte[60_000];
        random.NextBytes(bytes);
        int[] lengths = [0, 1, 7, 8, 12, 767, 768, 769, 24_575, 24_576, 24_577, 25_400, 49_152, 60_000, .. Enumerable.Range(0, 200).Select(_ => random.Next(bytes.Length))];
        foreach (int length in lengths)
        {
            int start = random.Next(bytes.Length - length + 1);
            uint begin = (uint)random.Next(), expected = begin;
            foreach (byte b in bytes.AsSpan(start, length))
            {
                expected = BitOperations.Crc32C(expected, b);
            }

            Assert.Equal(expected, LinearCrc32C.Append(begin, bytes.AsSpan(start, length)));
        }
    }
}
