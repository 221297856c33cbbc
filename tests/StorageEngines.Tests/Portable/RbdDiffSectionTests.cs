using System.Buffers.Binary;
using System.Numerics;
using StorageEngines.RbdDiffs;

namespace StorageEngines.Tests.Portable;

/// <summary>The checksums of records, or of several small ones, that stand behind the end of a diff.</summary>
public sealed class RbdDiffSectionTests
{
    private const int Megabyte = 1 << 20;

    [Fact]
    public async Task They_are_as_documented()
    {
        (byte[] stream, List<int> ends) = await WriteAsync(1, [Megabyte, 0, 100, Megabyte - 17, 5]);
        ReadOnlySpan<byte> table = Table(stream);
        Assert.True(table.StartsWith("seng-crc32c\n"u8));
        int count = BinaryPrimitives.ReadInt32LittleEndian(table[12..]);
        int[] expected = [ends[0], ends[3], ends[4] + 1]; // the large one; a zero record and two more; the rest and 'e'
        Assert.Equal(expected.Length, count);
        for (int i = 0, start = 0; i < count; start = expected[i++])
        {
            Assert.Equal(Crc32C(stream.AsSpan(start, expected[i] - start)), BinaryPrimitives.ReadUInt32LittleEndian(table[(16 + (4 * i))..]));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Whatever_the_records_are_writer_and_reader_mean_the_same(int version)
    {
        var random = new Random(version);
        for (int i = 0; i < 20; i++)
        {
            int[] records = [.. Enumerable.Range(0, random.Next(30)).Select(_ => random.Next(4) switch { 0 => 0, 1 => Megabyte, 2 => random.Next(1, 1000), _ => random.Next(1, Megabyte) })];
            (byte[] stream, _) = await WriteAsync(version, records);
            Assert.True(await ReadAsync(stream));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Damage_has_a_place(int record)
    {
        (byte[] stream, List<int> ends) = await WriteAsync(1, [Megabyte, Megabyte, 10, Megabyte, 10]);
        stream[ends[record] - 3] ^= 4;
        CorruptDataException error = await Assert.ThrowsAsync<CorruptDataException>(() => ReadAsync(stream));
        int from = record == 0 ? 0 : record == 3 ? ends[1] : ends[record - 1];
        Assert.Equal(from, error.Offset);
        Assert.Contains($"and byte {ends[record]}:", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damage_of_the_checksums_themselves_is_found()
    {
        (byte[] stream, _) = await WriteAsync(1, [Megabyte, 10]);
        for (int bit = (stream.Length - Table(stream).Length) * 8; bit < stream.Length * 8; bit++)
        {
            byte[] damaged = [.. stream];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            await Assert.ThrowsAsync<CorruptDataException>(() => ReadAsync(damaged));
        }
    }

    // 0 is a record of zeroes, anything else one of so many bytes.
    private static async Task<(byte[] Stream, List<int> Ends)> WriteAsync(int version, int[] records)
    {
        using var output = new MemoryStream();
        using var writer = new RbdDiffWriter(output, version);
        byte[] data = new byte[Megabyte];
        new Random(7).NextBytes(data);
        await writer.WriteHeaderAsync(null, "monday"u8.ToArray(), 1L << 40, CancellationToken.None);
        List<int> ends = [];
        for (int i = 0; i < records.Length; i++)
        {
            long at = (long)i * 4 * Megabyte;
            await (records[i] == 0 ? writer.WriteZeroAsync(at, 2 * Megabyte, CancellationToken.None) : writer.WriteDataAsync(at, data.AsMemory(0, records[i]), CancellationToken.None));
            ends.Add((int)output.Length);
        }

        await writer.WriteEndAsync(null, CancellationToken.None);
        return (output.ToArray(), ends);
    }

    private static async Task<bool> ReadAsync(byte[] stream)
    {
        using var reader = new RbdDiffReader(new MemoryStream(stream), "diff");
        await reader.ReadHeaderAsync(CancellationToken.None);
        byte[] some = new byte[1000];
        while (await reader.ReadRecordAsync(CancellationToken.None) is { } range)
        {
            _ = range.Offset % 8 == 0 ? await reader.ReadDataAsync(some, CancellationToken.None) : 0; // What is left of a record is skipped.
        }

        return reader.Verified;
    }

    private static ReadOnlySpan<byte> Table(byte[] stream) => stream.AsSpan(stream.AsSpan().LastIndexOf("seng-crc32c\n"u8));

    private static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return ~crc;
    }
}
