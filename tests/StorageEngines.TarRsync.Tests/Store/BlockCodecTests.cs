using System.Text;
using StorageEngines.TarRsync.Store;
using StorageEngines.Zstd;

namespace StorageEngines.TarRsync.Tests.Store;

public sealed class BlockCodecTests
{
    public static TheoryData<byte> Codecs { get; } = ZstdLibrary.IsAvailable ? [AlgorithmIds.Brotli, AlgorithmIds.Zstd] : [AlgorithmIds.Brotli];

    [Theory]
    [MemberData(nameof(Codecs))]
    public void What_compresses_comes_back(byte id)
    {
        foreach (int length in new[] { 200, 1000, 4096, 65_536, 262_144 })
        {
            byte[] text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, length).Select(i => $"line {i}\n")))[..length];
            byte codec = BlockCodecs.Pack(Codec(id), text, new byte[length], out ReadOnlySpan<byte> stored);
            Assert.Equal(id, codec);
            Assert.True(stored.Length < length * 15 / 16);
            var plain = new byte[length];
            Assert.True(BlockCodecs.Unpack(codec, stored, plain));
            Assert.Equal(text, plain);
        }
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void What_does_not_compress_is_stored_as_it_is(byte id)
    {
        foreach (int length in new[] { 1, 63, 64, 100, 4096, 65_536, 262_144 })
        {
            byte[] noise = StoreScratch.Random(length, length);
            Assert.Equal(BlockCodecs.Stored, BlockCodecs.Pack(Codec(id), noise, new byte[length], out ReadOnlySpan<byte> stored));
            Assert.True(stored.SequenceEqual(noise));
        }
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void Half_a_block_of_text_is_found_wherever_it_is(byte id)
    {
        foreach (int at in new[] { 0, 16_384, 32_768 })
        {
            byte[] block = StoreScratch.Random(65_536, 1);
            block.AsSpan(at, 32_768).Fill((byte)'x');
            Assert.Equal(id, BlockCodecs.Pack(Codec(id), block, new byte[65_536], out _));
        }
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void Damaged_bytes_never_give_a_block_of_the_wrong_length_or_an_exception(byte id)
    {
        byte[] text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 400).Select(i => $"line {i}\n")));
        BlockCodecs.Pack(Codec(id), text, new byte[text.Length], out ReadOnlySpan<byte> span);
        byte[] stored = span.ToArray();
        var plain = new byte[text.Length];
        for (int length = 0; length < stored.Length; length++)
            Assert.False(BlockCodecs.Unpack(id, stored.AsSpan(0, length), plain), $"cut at {length}");
        var random = new Random(1);
        for (int i = 0; i < 3000; i++)
        {
            byte[] damaged = [.. stored];
            damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            BlockCodecs.Unpack(id, damaged, plain);
        }
        Assert.False(BlockCodecs.Unpack(id, stored, plain.AsSpan(1)));
        Assert.False(BlockCodecs.Unpack(id, stored, new byte[text.Length + 1]));
        Assert.False(BlockCodecs.Unpack(77, stored, plain));
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void Frequent_bytes_and_repetitions_are_both_found(byte id)
    {
        var random = new Random(3);
        foreach (int length in new[] { 2000, 4096, 65_536, 262_144 })
        {
            byte[] noise = StoreScratch.Random(300, length);
            // Base64-like: no repetition, six of eight bits. And noise that comes again.
            byte[] letters = [.. Enumerable.Range(0, length).Select(_ => (byte)('0' + random.Next(64)))];
            byte[] again = [.. Enumerable.Range(0, length).Select(i => noise[i % noise.Length])];
            Assert.Equal(id, BlockCodecs.Pack(Codec(id), letters, new byte[length], out _));
            Assert.Equal(id, BlockCodecs.Pack(Codec(id), again, new byte[length], out _));
        }
    }

    [Fact]
    public void Without_the_library_the_error_says_what_to_install()
    {
        StorageEngineException error = Assert.Throws<StorageEngineException>(() => new ZstdCodec(isAvailable: false).Decompress([1, 2, 3], new byte[9]));
        Assert.Equal((EngineStatus.FailedPrecondition, EngineReason.ToolMissing, Recovery.OperatorAction), (error.Status, error.Reason, error.Recovery));
        Assert.Contains("libzstd1", error.Message, StringComparison.Ordinal);
    }

    private static IBlockCodec Codec(byte id) => id == AlgorithmIds.Zstd ? new ZstdCodec(ZstdLibrary.IsAvailable) : new BrotliCodec();
}
