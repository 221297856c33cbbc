using BenchmarkDotNet.Attributes;
using StorageEngines.BtrfsStreams;

namespace StorageEngines.KernelBenchmarks;

/// <summary>A send stream of 100,000 metadata commands and one of 64 MiB of data, written and parsed with checksums. No allocation per command.</summary>
[MemoryDiagnoser]
public class BtrfsSendBenchmarks
{
    private const int MetadataCommands = 100_000;
    private const int DataCommands = 1365;

    private readonly byte[] _chunk = new byte[48 * 1024];
    private byte[] _metadata = [];
    private byte[] _data = [];

    [GlobalSetup]
    public void Setup()
    {
        new Random(2).NextBytes(_chunk);
        _metadata = Record(WriteMetadata);
        _data = Record(WriteData);
    }

    [Benchmark]
    public long ParseMetadata() => Parse(_metadata);

    [Benchmark]
    public long ParseData() => Parse(_data);

    [Benchmark]
    public long WriteMetadata() => WriteMetadata(Stream.Null);

    [Benchmark]
    public long WriteData() => WriteData(Stream.Null);

    private static long Parse(byte[] stream)
    {
        var reader = new BtrfsSendReader(new MemoryStream(stream), "benchmark");
        long sum = 0;
        while (reader.Read())
        {
            sum += (long)reader.Command;
        }

        return sum;
    }

    private static byte[] Record(Func<Stream, long> write)
    {
        using var stream = new MemoryStream();
        write(stream);
        return stream.ToArray();
    }

    private static long WriteMetadata(Stream output)
    {
        var writer = new BtrfsSendWriter(output);
        writer.Header();
        writer.Begin(BtrfsCommand.Subvolume).Add(BtrfsAttribute.FilePath, "s"u8).Add(BtrfsAttribute.Uuid, Guid.Empty).Add(BtrfsAttribute.TransactionId, 1UL).End();
        for (int i = 0; i < MetadataCommands; i++)
        {
            writer.Begin(BtrfsCommand.ChangeMode).Add(BtrfsAttribute.FilePath, "some/directory/file"u8).Add(BtrfsAttribute.Mode, 0x1A4UL).End();
            Drain(writer);
        }

        writer.CompleteAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
        return writer.Commands;
    }

    private long WriteData(Stream output)
    {
        var writer = new BtrfsSendWriter(output);
        writer.Header();
        writer.Begin(BtrfsCommand.Subvolume).Add(BtrfsAttribute.FilePath, "s"u8).Add(BtrfsAttribute.Uuid, Guid.Empty).Add(BtrfsAttribute.TransactionId, 1UL).End();
        for (int i = 0; i < DataCommands; i++)
        {
            writer.Begin(BtrfsCommand.Write).Add(BtrfsAttribute.FilePath, "image"u8).Add(BtrfsAttribute.FileOffset, (ulong)(i * (long)_chunk.Length)).Add(BtrfsAttribute.Data, _chunk).End();
            Drain(writer);
        }

        writer.CompleteAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
        return writer.Commands;
    }

    private static void Drain(BtrfsSendWriter writer)
    {
        ValueTask drained = writer.DrainAsync(CancellationToken.None);
        if (!drained.IsCompletedSuccessfully)
        {
            drained.AsTask().GetAwaiter().GetResult();
        }
    }
}
