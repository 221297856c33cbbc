using StorageEngines.BtrfsStreams;

namespace StorageEngines.Btrfs.Tests.Streams;

/// <summary>Compressed data that does not decode to what its command says is refused, whatever the command says.</summary>
public sealed class EncodedExtentsTests
{
    private static readonly byte[] Data = [.. Enumerable.Range(0, 300).Select(i => (byte)(i % 251))];

    [Fact]
    public void Plain_data_is_cut_out_and_filled_with_zeroes()
    {
        Assert.Equal(Data[100..200], Decode(0, 300, 100, 100));
        Assert.Equal([.. Data[290..], .. new byte[90]], Decode(0, 4096, 290, 100));
        Assert.Empty(Decode(0, 300, 300, 0));
    }

    [Theory]
    [InlineData(0u, 200UL, 0UL, 200UL)]
    [InlineData(0u, 300UL, 200UL, 101UL)]
    [InlineData(0u, 131073UL, 0UL, 1UL)]
    [InlineData(0u, ulong.MaxValue, 0UL, 1UL)]
    [InlineData(0u, 300UL, ulong.MaxValue, 1UL)]
    [InlineData(1u, 4096UL, 0UL, 4096UL)]
    [InlineData(2u, 4096UL, 0UL, 4096UL)]
    [InlineData(3u, 4096UL, 0UL, 4096UL)]
    [InlineData(7u, 65536UL, 0UL, 4096UL)]
    public void What_does_not_fit_is_damage(uint kind, ulong plain, ulong start, ulong length)
        => Assert.NotNull(Assert.Throws<CorruptDataException>(() => Decode(kind, plain, start, length)).Offset);

    [Theory]
    [InlineData(8u, 0u)]
    [InlineData(0u, 1u)]
    public void An_unknown_kind_and_encryption_are_not_supported(uint kind, uint encryption)
        => Assert.Equal(EngineReason.NotSupported, Assert.Throws<StorageEngineException>(() => Decode(kind, 300, 0, 300, encryption)).Reason);

    private static byte[] Decode(uint kind, ulong plain, ulong start, ulong length, uint encryption = 0)
    {
        using var stream = new MemoryStream();
        var writer = new BtrfsSendWriter(stream, 2);
        writer.Header();
        writer.Begin(BtrfsCommand.EncodedWrite).Add(BtrfsAttribute.FilePath, "file"u8).Add(BtrfsAttribute.FileOffset, 0UL)
            .Add(BtrfsAttribute.UnencodedFileLength, length).Add(BtrfsAttribute.UnencodedLength, plain).Add(BtrfsAttribute.UnencodedOffset, start)
            .Add32(BtrfsAttribute.Compression, kind).Add32(BtrfsAttribute.Encryption, encryption).Add(BtrfsAttribute.Data, Data).End();
        writer.CompleteAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
        stream.Position = 0;
        var reader = new BtrfsSendReader(stream, "stream");
        Assert.True(reader.Read());
        return new EncodedExtents().Decode(reader).ToArray();
    }
}
