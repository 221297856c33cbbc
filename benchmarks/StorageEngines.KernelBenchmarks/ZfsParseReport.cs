using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using StorageEngines.Transport;
using StorageEngines.Zfs.Streams;

namespace StorageEngines.KernelBenchmarks;

/// <summary>
/// Parses a send stream of ZFS with 1 GiB of data, from a memory-backed file, with and without its checksums and with and without its payloads, and as it comes through a pipe, beside
/// a plain read of the same file and beside <c>cat</c>. All contestants in turn, in each round.
/// </summary>
internal static class ZfsParseReport
{
    private const int Rounds = 4;
    private const long DataBytes = 1L << 30;
    private const ulong Guid = 77;

    private static readonly (int BlockBytes, string Name)[] Streams = [(16 << 10, "16 KiB"), (128 << 10, "128 KiB")];

    /// <summary>Measures and prints; with a path, writes the result file too.</summary>
    public static int Run(string? resultFile)
    {
        string directory = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
        string file = Path.Combine(directory, "seng-test-bench.zs");
        var text = new StringBuilder("# Parsing ZFS send streams\n\n");
        text.AppendLine(Invariant($"Streams with {DataBytes:N0} bytes of data in blocks of one size, in a memory-backed file. {Rounds} counted rounds after one that is not counted, every contestant once in each round. Machine: {Environment.ProcessorCount} cores, .NET {Environment.Version}; vectors of 256 bits: {System.Runtime.Intrinsics.Vector256.IsHardwareAccelerated}."));
        text.AppendLine("GB/s of the stream's bytes (10^9) in the best and the median round, by the clock on one core; CPU is processor time of the whole process, per round, in the median. Demanded: 3 GB/s without and 2.5 GB/s with checksums, through a pipe 0.9 of `cat`. The pipe is that of the library's command runner.");
        text.AppendLine("Made by `dotnet run -c Release --project benchmarks/StorageEngines.KernelBenchmarks -- zfs-parse FILE`.");
        try
        {
            foreach ((int blockBytes, string name) in Streams)
            {
                Write(file, blockBytes);
                Table(text, file, name);
            }
        }
        finally
        {
            File.Delete(file);
        }

        Console.Write(text);
        if (resultFile is not null)
        {
            File.WriteAllText(resultFile, text.ToString());
        }

        return 0;
    }

    private static void Table(StringBuilder text, string file, string name)
    {
        (string Name, Action Run)[] contestants =
        [
            ("plain read, 256 KiB at a time", () => Plain(file)),
            ("map: checksums off, payloads passed by", () => Parse(file, verify: false, keep: false)),
            ("map, checksums on", () => Parse(file, verify: true, keep: false)),
            ("data: checksums off, payloads kept", () => Parse(file, verify: false, keep: true)),
            ("data, checksums on", () => Parse(file, verify: true, keep: true)),
            ("pipe: `cat FILE | cat > /dev/null`", () => Shell($"cat {file} | cat > /dev/null")),
            ("pipe: `cat FILE |` map, checksums off", () => Piped(file, verify: false)),
            ("pipe: `cat FILE |` map, checksums on", () => Piped(file, verify: true)),
        ];
        List<Cost>[] costs = [.. contestants.Select(_ => new List<Cost>())];
        for (int round = 0; round <= Rounds; round++)
        {
            for (int i = 0; i < contestants.Length; i++)
            {
                Cost cost = Cost.Of(contestants[i].Run);
                if (round > 0)
                {
                    costs[i].Add(cost);
                }
            }
        }

        double bytes = new FileInfo(file).Length;
        text.AppendLine(Invariant($"\n## Blocks of {name}\n")).AppendLine("| contestant | best GB/s | median GB/s | median CPU s |").AppendLine("|---|---|---|---|");
        for (int i = 0; i < contestants.Length; i++)
        {
            text.AppendLine(Invariant($"| {contestants[i].Name} | {bytes / 1e9 / costs[i].Min(cost => cost.Seconds):F2} | {bytes / 1e9 / Cost.Median(costs[i], cost => cost.Seconds):F2} | {Cost.Median(costs[i], cost => cost.Cpu):F2} |"));
        }
    }

    private static void Plain(string file)
    {
        using var handle = File.OpenHandle(file);
        var buffer = new byte[256 << 10];
        for (long at = 0, got; (got = RandomAccess.Read(handle, buffer, at)) > 0; at += got)
        {
        }
    }

    private static void Parse(string file, bool verify, bool keep)
    {
        using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        Parse(new ZfsSendReader(stream, "benchmark", verify, keep));
    }

    private static void Parse(ZfsSendReader reader)
    {
        long bytes = 0;
        while (reader.Read())
        {
            bytes += reader.Type == ZfsRecordType.Write ? ZfsBlock.ReadWrite(reader.Record).Length : 0;
        }

        if (bytes != DataBytes)
        {
            throw new InvalidDataException($"{bytes} bytes of data instead of {DataBytes}");
        }
    }

    // As the engine has it: the command runner of the library, whose end is checked.
    private static void Piped(string file, bool verify)
    {
        ICommandExecution command = new LocalCommandRunner().StartAsync(new CommandRequest("cat", [file])).AsTask().GetAwaiter().GetResult();
        Parse(new ZfsSendReader(command.StandardOutput, "benchmark", verify, keepPayloads: false));
        command.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    private static void Shell(string command)
    {
        using Process process = Process.Start("sh", ["-c", command]);
        process.WaitForExit();
    }

    private static void Write(string file, int blockBytes)
    {
        using FileStream stream = File.Create(file);
        var sum = default(Fletcher4);
        var record = new byte[ZfsStreamFormat.RecordBytes];
        var block = new byte[blockBytes];
        new Random(3).NextBytes(block);
        Number(record, 8, ZfsStreamFormat.Magic);
        Number(record, 16, ((ulong)ZfsStreamFeatures.LargeBlocks << 2) | 1);
        record[32] = 3;
        Put(stream, ref sum, record, ZfsRecordType.Begin, []);
        for (long at = 0; at < DataBytes; at += blockBytes)
        {
            Array.Clear(record);
            Number(record, 8, 1);
            Number(record, 24, (ulong)at);
            Number(record, 32, (ulong)blockBytes);
            Put(stream, ref sum, record, ZfsRecordType.Write, block);
        }

        Array.Clear(record);
        (Fletcher4 before, int place) = (sum, 8);
        foreach (ulong part in (ulong[])[before.A, before.B, before.C, before.D])
        {
            Number(record, place, part);
            place += 8;
        }

        Put(stream, ref sum, record, ZfsRecordType.End, []);
    }

    private static void Put(FileStream stream, ref Fletcher4 sum, byte[] record, ZfsRecordType type, byte[] payload)
    {
        record[0] = (byte)type;
        if (type != ZfsRecordType.Begin)
        {
            Number(record, ZfsStreamFormat.GuidOffset(type), Guid);
        }
        else
        {
            Number(record, 40, Guid);
        }

        sum.Add(record.AsSpan(0, ZfsStreamFormat.ChecksumOffset), swapped: false);
        if (type != ZfsRecordType.Begin)
        {
            MemoryMarshal.Write(record.AsSpan(ZfsStreamFormat.ChecksumOffset), sum);
        }

        sum.Add(record.AsSpan(ZfsStreamFormat.ChecksumOffset), swapped: false);
        sum.Add(payload, swapped: false);
        stream.Write(record);
        stream.Write(payload);
    }

    private static void Number(byte[] record, int offset, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(offset), value);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

}
