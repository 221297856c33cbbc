using System.Buffers.Binary;
using StorageEngines.BtrfsStreams;

namespace StorageEngines.Btrfs.Tests.Streams;

/// <summary>Files that are read ahead by two threads, in pieces that cut commands anywhere.</summary>
public sealed class ReadAheadTests : IDisposable
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"seng-test-ahead-{Guid.NewGuid():N}");

    public void Dispose() => File.Delete(_file);

    // Lengths of data: those of the kernel, and commands longer than a piece and than the room before one.
    [Theory]
    [InlineData(1, 48 << 10)]
    [InlineData(2, 128 << 10)]
    [InlineData(2, 300_000)]
    [InlineData(2, 3_000_000)]
    public void A_file_read_ahead_gives_the_same_commands_as_a_stream(int version, int longest)
    {
        byte[] whole = Stream(version, longest, seed: longest);
        File.WriteAllBytes(_file, whole);
        using FileStream file = File.OpenRead(_file);
        var expected = new BtrfsSendReader(new MemoryStream(whole), "memory");
        var ahead = BtrfsSendReader.ReadAhead(file, "file", TestContext.Current.CancellationToken);
        int commands = 0;
        while (expected.Read())
        {
            Assert.True(ahead.Read());
            Assert.Equal(expected.CommandOffset, ahead.CommandOffset);
            Assert.Equal(expected.Position, ahead.Position);
            Assert.True(expected.Raw.SequenceEqual(ahead.Raw));
            commands++;
        }

        Assert.False(ahead.Read());
        Assert.True(commands > 3);
        Assert.Equal(whole.Length, file.Position);
    }

    [Fact]
    public void It_begins_where_the_file_stands()
    {
        byte[] whole = Stream(2, 100_000, seed: 5);
        File.WriteAllBytes(_file, [.. new byte[777], .. whole]);
        using FileStream file = File.OpenRead(_file);
        file.Position = 777;
        var ahead = BtrfsSendReader.ReadAhead(file, "file", TestContext.Current.CancellationToken);
        while (ahead.Read())
        {
        }

        Assert.Equal(whole.Length, ahead.Position);
        Assert.Equal(777 + whole.Length, file.Position);
    }

    [Fact]
    public void A_truncated_file_is_an_error_with_its_offset()
    {
        byte[] whole = Stream(2, 128 << 10, seed: 9);
        var random = new Random(4);
        int[] lengths = [0, 1, 16, 17, 18, FilePieces.PieceBytes - 1, FilePieces.PieceBytes, FilePieces.PieceBytes + 1, whole.Length - 1, .. Enumerable.Range(0, 40).Select(_ => random.Next(whole.Length))];
        foreach (int length in lengths)
        {
            File.WriteAllBytes(_file, whole.AsSpan(0, length));
            using FileStream file = File.OpenRead(_file);
            var ahead = BtrfsSendReader.ReadAhead(file, "file", TestContext.Current.CancellationToken);
            CorruptDataException error = Assert.Throws<CorruptDataException>(() => Drain(ahead));
            Assert.Equal(length, error.Offset);
        }
    }

    [Fact]
    public void Damage_is_found_wherever_it_is()
    {
        byte[] whole = Stream(2, 128 << 10, seed: 11);
        var random = new Random(8);
        for (int i = 0; i < 40; i++)
        {
            byte[] damaged = [.. whole];
            damaged[random.Next(BtrfsSendFormat.StreamHeaderLength, whole.Length)] ^= 0x10;
            File.WriteAllBytes(_file, damaged);
            using FileStream file = File.OpenRead(_file);
            CorruptDataException error = Assert.Throws<CorruptDataException>(() => Drain(BtrfsSendReader.ReadAhead(file, "file", TestContext.Current.CancellationToken)));
            CorruptDataException expected = Assert.Throws<CorruptDataException>(() => Drain(new BtrfsSendReader(new MemoryStream(damaged), "file")));
            Assert.Equal(expected.Message, error.Message);
        }
    }

    [Fact]
    public void A_file_that_is_closed_meanwhile_is_an_error()
    {
        File.WriteAllBytes(_file, Stream(2, 128 << 10, seed: 13));
        using FileStream file = File.OpenRead(_file);
        var ahead = BtrfsSendReader.ReadAhead(file, "file", TestContext.Current.CancellationToken);
        Assert.True(ahead.Read());
        file.Dispose();
        Assert.ThrowsAny<ObjectDisposedException>(() => Drain(ahead));
    }

    [Fact]
    public void A_cancelled_reader_stops()
    {
        File.WriteAllBytes(_file, Stream(2, 128 << 10, seed: 13));
        using var cancel = new CancellationTokenSource();
        using FileStream file = File.OpenRead(_file);
        var ahead = BtrfsSendReader.ReadAhead(file, "file", cancel.Token);
        Assert.True(ahead.Read());
        cancel.Cancel();
        Assert.Throws<OperationCanceledException>(() => Drain(ahead));
    }

    private static void Drain(BtrfsSendReader reader)
    {
        while (reader.Read())
        {
        }
    }

    // About 8 MB, so that every buffer is used several times. The writer makes no commands as long as some of these.
    private static byte[] Stream(int version, int longest, int seed)
    {
        using var bytes = new MemoryStream();
        var random = new Random(seed);
        var data = new byte[longest];
        random.NextBytes(data);
        bytes.Write([.. BtrfsSendFormat.Magic, (byte)version, 0, 0, 0]);
        while (bytes.Length < 8_000_000)
        {
            int length = random.Next(3) == 0 ? random.Next(longest) : longest;
            BinaryPrimitives.WriteInt64LittleEndian(data.AsSpan(0, Math.Min(8, longest)), bytes.Length);
            Write(bytes, BtrfsCommand.Write, version == 1
                ? [.. Attribute(BtrfsAttribute.FilePath, "a file"u8), .. Attribute(BtrfsAttribute.Data, data.AsSpan(0, length))]
                : [.. Attribute(BtrfsAttribute.FilePath, "a file"u8), (byte)BtrfsAttribute.Data, 0, .. data.AsSpan(0, length)]);
            Write(bytes, BtrfsCommand.Unlink, Attribute(BtrfsAttribute.FilePath, "another file"u8));
        }

        Write(bytes, BtrfsCommand.End, []);
        return bytes.ToArray();
    }

    private static byte[] Attribute(BtrfsAttribute attribute, ReadOnlySpan<byte> value) => [(byte)attribute, 0, (byte)(value.Length & 0xFF), (byte)(value.Length >> 8), .. value];

    private static void Write(MemoryStream stream, BtrfsCommand kind, ReadOnlySpan<byte> payload)
    {
        byte[] command = [0, 0, 0, 0, (byte)kind, 0, 0, 0, 0, 0, .. payload];
        BinaryPrimitives.WriteInt32LittleEndian(command, payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(command.AsSpan(6), BtrfsSendFormat.Checksum(command));
        stream.Write(command);
    }
}
