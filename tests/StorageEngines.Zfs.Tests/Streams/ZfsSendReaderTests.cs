using System.Buffers.Binary;
using StorageEngines.Zfs.Streams;

namespace StorageEngines.Zfs.Tests.Streams;

public sealed class ZfsSendReaderTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Every_type_of_record_in_either_byte_order_with_and_without_checksums(bool swapped, bool old)
    {
        string[] plain = Describe(Vector.Open(StreamBuilder.Everything(swapped: false, old: false)));
        ZfsSendReader reader = Vector.Open(StreamBuilder.Everything(swapped, old));
        Assert.Equal(plain, Describe(reader));
        Assert.Equal(swapped, reader.Swapped);
        Assert.Equal(11, plain.Select(line => line.Split(' ')[0]).Distinct().Count());
        Assert.Equal(StreamBuilder.ToGuid, reader.Begin.ToGuid);
        Assert.Equal(StreamBuilder.FromGuid, reader.Begin.FromGuid);
        Assert.Equal("tank/vol@b", reader.Begin.Name);
    }

    [Fact]
    public void A_package_holds_streams_and_ends()
    {
        byte[] package = Package();
        ZfsSendReader reader = Vector.Open(package);
        Assert.Equal(9, Vector.Records(reader));
        Assert.Equal(package.Length, reader.Position);
    }

    [Fact]
    public void A_package_without_its_last_END_was_cut_off()
    {
        byte[] package = Package();
        CorruptDataException error = Fails(package[..^ZfsStreamFormat.RecordBytes]);
        Assert.Equal(package.Length - ZfsStreamFormat.RecordBytes, error.Offset);
        Assert.Contains("the package ends before its last END record", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_follows_the_END_is_an_error()
    {
        byte[] stream = StreamBuilder.Everything(false, false);
        Assert.Equal(stream.Length, Fails([.. stream, 0]).Offset);
        Assert.Equal(stream.Length, Fails([.. stream, .. stream]).Offset);
    }

    [Fact]
    public void A_stream_without_records_is_an_error_and_so_is_none_at_all()
    {
        Assert.Equal(0, Fails([]).Offset);
        Assert.Contains("the stream is empty", Fails([]).Message, StringComparison.Ordinal);
        Assert.Contains("not a ZFS send stream", Fails(new byte[312]).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_changed_payload_is_found_by_the_next_record()
    {
        byte[] stream = new StreamBuilder().Begin().Object(1).Write(1, 0, new byte[4096]).Free(1, 8192).End().ToArray();
        int write = 2 * ZfsStreamFormat.RecordBytes, free = write + ZfsStreamFormat.RecordBytes + 4096;
        stream[write + 400] ^= 4;
        CorruptDataException error = Fails(stream);
        Assert.Equal(free + ZfsStreamFormat.ChecksumOffset, error.Offset);
        Assert.Contains("record FREE: the checksum", error.Message, StringComparison.Ordinal);
        Assert.Equal(5, Vector.Records(Vector.Open(stream, verify: false)));
    }

    [Fact]
    public void A_record_of_another_snapshot_is_an_error_without_checksums_too()
    {
        byte[] stream = new StreamBuilder().Begin(toGuid: 99).Object(1).End(toGuid: 99).ToArray();
        CorruptDataException error = Assert.Throws<CorruptDataException>(() => Vector.Records(Vector.Open(stream, verify: false)));
        Assert.Equal(ZfsStreamFormat.RecordBytes + 40, error.Offset);
        Assert.Contains("guid", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("WRITE", 32, (16UL << 20) + 1)]
    [InlineData("WRITE", 32, 0)]
    [InlineData("WRITE", 24, long.MaxValue)]
    [InlineData("FREE", 24, 1UL << 63)]
    [InlineData("WRITE_BYREF", 16, ulong.MaxValue)]
    [InlineData("SPILL", 16, ulong.MaxValue)]
    [InlineData("WRITE_EMBEDDED", 48, 4096 + (113UL << 32))]
    [InlineData("OBJECT", 24, 4096 + (32769UL << 32))]
    [InlineData("BEGIN", 0, (64UL << 20) + 1 << 32)]
    [InlineData("BEGIN", 16, 3)]
    public void Numbers_out_of_range_are_errors_that_name_record_and_place(string type, int at, ulong value)
    {
        byte[] stream = StreamBuilder.Everything(false, false);
        ZfsSendReader reader = Vector.Open(stream);
        while (reader.Read() && ZfsStreamFormat.Name(reader.Type) != type)
        {
        }

        int record = (int)reader.RecordOffset;
        BinaryPrimitives.WriteUInt64LittleEndian(stream.AsSpan(record + at), value);
        CorruptDataException error = Assert.Throws<CorruptDataException>(() => Vector.Records(Vector.Open(stream, verify: false)));
        Assert.InRange(error.Offset!.Value, record + at, record + at + 7);
        Assert.Contains($"record {type}: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_feature_of_the_future_is_told_as_one()
    {
        byte[] stream = new StreamBuilder().Begin((ZfsStreamFeatures)(1UL << 40)).End().ToArray();
        StorageEngineException error = Assert.Throws<StorageEngineException>(() => Vector.Open(stream).Read());
        Assert.Equal(EngineReason.FormatTooNew, error.Reason);
        Assert.Contains("0x10000000000", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void Nothing_is_allocated_per_record(bool verify, bool keepPayloads)
    {
        long few = Allocated(Long(100), verify, keepPayloads), many = Allocated(Long(2000), verify, keepPayloads);
        Assert.InRange(many - few, 0, 1000);
    }

    [Fact]
    public void Blocks_of_the_largest_size_pass_in_little_memory_when_they_are_not_kept()
    {
        byte[] block = StreamBuilder.Some(new Random(4), ZfsStreamFormat.MaximumBlock);
        byte[] stream = new StreamBuilder().Begin(ZfsStreamFeatures.LargeBlocks).Object(1).Write(1, 0, block).Write(1, 16 << 20, block).End().ToArray();
        Assert.InRange(Allocated(stream, verify: true, keepPayloads: false), 0, 2 << 20);
        ZfsSendReader reader = Vector.Open(stream);
        Assert.True(reader.Read() && reader.Read() && reader.Read());
        Assert.True(reader.Payload.SequenceEqual(block));
        Assert.True(reader.Read() && reader.Payload.SequenceEqual(block) && reader.Read());
        Assert.False(reader.Read());
    }

    internal static byte[] Package() => new StreamBuilder()
        .Begin(package: true, list: [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]).End(toGuid: 0)
        .Begin().Object(1).End().Begin().Object(2).End().End(zero: true).ToArray();

    private static byte[] Long(int records)
    {
        var builder = new StreamBuilder().Begin().Object(1);
        var block = new byte[1024];
        for (int i = 0; i < records; i++)
        {
            builder.Write(1, (ulong)i * 2048, block).Free(1, ((ulong)i * 2048) + 1024, 1024);
        }

        return builder.End().ToArray();
    }

    private static long Allocated(byte[] stream, bool verify, bool keepPayloads)
    {
        // The least of some runs: the compiler at work on the same thread takes memory too.
        return Enumerable.Range(0, 5).Min(_ =>
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Vector.Records(Vector.Open(stream, verify, keepPayloads));
            return GC.GetAllocatedBytesForCurrentThread() - before;
        });
    }

    private static string[] Describe(ZfsSendReader reader)
    {
        var lines = new List<string>();
        while (reader.Read())
        {
            lines.Add($"{reader.Type} at {reader.RecordOffset}: {reader.Record.U64(8)} {(reader.Type is ZfsRecordType.Object or ZfsRecordType.Write ? reader.Record.U32(16) : reader.Record.U64(16))} {reader.PayloadBytes} {Convert.ToHexString(reader.Payload)}");
        }

        // The checksum in END is not the same in either byte order.
        lines[^1] = "End";
        return [.. lines];
    }

    private static CorruptDataException Fails(byte[] stream) => Assert.Throws<CorruptDataException>(() => Vector.Records(Vector.Open(stream)));
}
