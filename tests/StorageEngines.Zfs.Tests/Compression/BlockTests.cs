using System.IO.Compression;
using StorageEngines.Zfs.Compression;
using StorageEngines.Zfs.Streams;
using StorageEngines.Zfs.Tests.Streams;

namespace StorageEngines.Zfs.Tests.Compression;

/// <summary>The decoders, each against blocks written by hand or by another encoder, and against damage.</summary>
public sealed class BlockTests
{
    private const int BlockBytes = 16384;

    [Fact]
    public void Lzjb_by_hand()
    {
        // a, b, c, then 9 bytes from 3 behind (length field 6), then d: items 0 0 0 1 0.
        byte[] block = [0b0000_1000, (byte)'a', (byte)'b', (byte)'c', 6 << 2, 3, (byte)'d'];
        var target = new byte[13];
        Assert.True(LzjbBlock.TryExpand(block, target));
        Assert.Equal("abcabcabcabcd"u8, target);
        Assert.False(LzjbBlock.TryExpand(block, new byte[14]));
        Assert.False(LzjbBlock.TryExpand([0b0000_0001, 0, 1], new byte[4]));
    }

    [Fact]
    public void Zle_by_hand()
    {
        byte[] block = [2, (byte)'a', (byte)'b', (byte)'c', 64 + 4, 0, (byte)'d'];
        var target = new byte[9];
        Array.Fill(target, (byte)7);
        Assert.True(ZleBlock.TryExpand(block, target));
        Assert.Equal("abc\0\0\0\0\0d"u8, target);
        Assert.False(ZleBlock.TryExpand(block, new byte[10]));
        Assert.False(ZleBlock.TryExpand(block, new byte[7]));
    }

    [Fact]
    public void Lz4_by_hand()
    {
        // 3 literals and 4 + 15 + 2 bytes from 3 behind; then one literal.
        byte[] block = [0, 0, 0, 9, 0x3F, (byte)'a', (byte)'b', (byte)'c', 3, 0, 2, 0x10, (byte)'d', 0, 0, 0];
        var target = new byte[25];
        Assert.True(Lz4Block.TryExpand(block, target));
        Assert.Equal("abcabcabcabcabcabcabcabcd"u8, target);
        Assert.False(Lz4Block.TryExpand(block, new byte[24]));
        Assert.False(Lz4Block.TryExpand(block, new byte[26]));
        block[3] = 13;
        Assert.False(Lz4Block.TryExpand(block, target));
    }

    [Theory]
    [InlineData(6)]
    [InlineData(13)]
    public void Gzip_of_every_level_is_a_zlib_stream(int compression)
    {
        byte[] data = Compressible();
        using var packed = new MemoryStream();
        using (var stream = new ZLibStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            stream.Write(data);
        }

        packed.SetLength((packed.Length + 511) & ~511);
        AssertExpands(packed.ToArray(), (ZfsCompression)compression, data);
    }

    [Fact]
    public void Lzjb_and_zle_of_what_their_encoders_make()
    {
        byte[] data = Compressible();
        AssertExpands(Encoders.Lzjb(data), ZfsCompression.Lzjb, data);
        AssertExpands(Encoders.Zle(data), ZfsCompression.Zle, data);
        AssertExpands(Encoders.Lz4(data), ZfsCompression.Lz4, data);
    }

    [Fact]
    public void Damage_is_told_or_harmless_and_never_more()
    {
        byte[] data = Compressible();
        byte[][] blocks = [Encoders.Lzjb(data), Encoders.Zle(data), Encoders.Lz4(data)];
        var random = new Random(8);
        var target = new byte[BlockBytes];
        int refused = 0;
        for (int i = 0; i < 6000; i++)
        {
            byte[] block = [.. blocks[i % 3].AsSpan(0, random.Next(3) == 0 ? random.Next(blocks[i % 3].Length) : blocks[i % 3].Length)];
            for (int n = random.Next(1, 4); n > 0 && block.Length > 0; n--)
            {
                block[random.Next(block.Length)] = (byte)random.Next(256);
            }

            bool expanded = (i % 3) switch
            {
                0 => LzjbBlock.TryExpand(block, target),
                1 => ZleBlock.TryExpand(block, target),
                _ => Lz4Block.TryExpand(block, target),
            };
            refused += expanded ? 0 : 1;
        }

        Assert.InRange(refused, 1000, 6000);
    }

    private static byte[] Compressible()
    {
        var random = new Random(9);
        var data = new byte[BlockBytes];
        for (int at = 0; at < data.Length;)
        {
            int length = Math.Min(random.Next(1, 400), data.Length - at);
            switch (random.Next(3))
            {
                case 0:
                    random.NextBytes(data.AsSpan(at, length));
                    break;
                case 1 when at > 0:
                    int distance = random.Next(1, Math.Min(at, 1000) + 1);
                    for (int i = 0; i < length; i++)
                    {
                        data[at + i] = data[at + i - distance];
                    }

                    break;
                default:
                    break;
            }

            at += length;
        }

        return data;
    }

    private static void AssertExpands(byte[] packed, ZfsCompression compression, byte[] data)
    {
        Assert.InRange(packed.Length, 1, data.Length);
        byte[] stream = new StreamBuilder().Begin(ZfsStreamFeatures.Compressed).Object(1).Write(1, 0, packed, compression, data.Length).End().ToArray();
        Assert.Equal(ReplayTests.Sha256(data), ReplayTests.Sha256(new Replay().Apply(stream).Object(1, data.Length)));
    }
}
