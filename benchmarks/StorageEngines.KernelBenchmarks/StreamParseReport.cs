using System.Diagnostics;
using System.Globalization;
using System.Text;
using StorageEngines.BtrfsStreams;

namespace StorageEngines.KernelBenchmarks;

/// <summary>
/// Parses send streams by the public API and by <c>btrfs receive --dump</c>, in turn, and writes a table: one of 1 GiB of data from a file, and one of metadata commands, of which
/// ours is timed in memory too. Checksums are checked by both.
/// </summary>
internal static class StreamParseReport
{
    private const int Rounds = 7;
    private const long DataBytes = 1L << 30;
    private const int MetadataCommands = 1_000_000;

    /// <summary>Measures and prints; with a path, writes the result file too.</summary>
    public static int Run(string? resultFile)
    {
        string directory = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
        string data = Path.Combine(directory, "seng-test-bench-data.send"), metadata = Path.Combine(directory, "seng-test-bench-metadata.send");
        try
        {
            long dataCommands = Write(data, 2, WriteData), metadataCommands = Write(metadata, 1, WriteMetadata);
            string text = Report(data, dataCommands, metadata, metadataCommands);
            Console.Write(text);
            if (resultFile is not null)
            {
                File.WriteAllText(resultFile, text);
            }

            return 0;
        }
        finally
        {
            File.Delete(data);
            File.Delete(metadata);
        }
    }

    private static string Report(string data, long dataCommands, string metadata, long metadataCommands)
    {
        byte[] inMemory = File.ReadAllBytes(metadata);
        (List<Cost> ours, List<Cost> ahead, List<Cost> theirs) = InTurn(data, dataCommands);
        (List<Cost> oursMetadata, _, List<Cost> theirsMetadata) = InTurn(metadata, metadataCommands);
        List<Cost> memory = [.. Enumerable.Range(0, Rounds).Select(_ => Cost.Of(() => Expect(Parse(new MemoryStream(inMemory)), metadataCommands)))];
        long before = GC.GetAllocatedBytesForCurrentThread();
        Parse(new MemoryStream(inMemory));
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        double ratio = theirs.Min(cost => cost.Seconds) / Math.Min(ours.Min(cost => cost.Seconds), ahead.Min(cost => cost.Seconds));
        double cpu = Cost.Median(theirs, cost => cost.Cpu) / Cost.Median(ours, cost => cost.Cpu);
        double rate = metadataCommands / memory.Min(cost => cost.Seconds);
        var text = new StringBuilder();
        text.AppendLine("# Parsing Btrfs send streams").AppendLine();
        text.AppendLine(Invariant($"A stream of version 2 with {DataBytes:N0} bytes of data in {dataCommands:N0} commands, and one of version 1 with {metadataCommands:N0} metadata commands ({inMemory.Length:N0} bytes); both in memory-backed files, every checksum checked."));
        text.AppendLine(Invariant($"In turn, {Rounds} counted rounds each after one that is not counted; ours in a process that runs already, by `BtrfsSendReader`; btrfs-progs {Version()} as a process with its output to /dev/null. Machine: {Environment.ProcessorCount} cores, .NET {Environment.Version}. Read the ratios."));
        text.AppendLine("Made by `dotnet run -c Release --project benchmarks/StorageEngines.KernelBenchmarks -- stream-parse FILE`.").AppendLine();
        text.AppendLine("| what | demanded | measured | reached |").AppendLine("|---|---|---|---|");
        text.AppendLine(Invariant($"| 1 GiB of data, against `btrfs receive --dump` | 2x faster | {ratio:F1}x in the best rounds, {cpu:F1}x by processor time | {Reached(ratio >= 2)} |"));
        text.AppendLine(Invariant($"| metadata commands through the public API | 20 million/s | {rate / 1e6:F1} million/s in the best round | {Reached(rate >= 20e6)} |"));
        text.AppendLine(Invariant($"| allocation per command | 0 | {(double)allocated / metadataCommands:F2} B ({allocated:N0} B for the whole stream, the buffer among them) | {Reached(allocated < metadataCommands)} |"));
        text.AppendLine().AppendLine("| contestant | median s | min to max s | CPU s |").AppendLine("|---|---|---|---|");
        Line(text, "1 GiB of data: BtrfsSendReader, from the file", ours);
        Line(text, "1 GiB of data: BtrfsSendReader.ReadAhead, from the file", ahead);
        Line(text, "1 GiB of data: btrfs receive --dump", theirs);
        Line(text, "metadata: BtrfsSendReader, from the file", oursMetadata);
        Line(text, "metadata: BtrfsSendReader, from memory", memory);
        Line(text, "metadata: btrfs receive --dump", theirsMetadata);
        return text.ToString();
    }

    private static (List<Cost> Ours, List<Cost> Ahead, List<Cost> Theirs) InTurn(string file, long commands)
    {
        List<Cost> ours = [], ahead = [], theirs = [];
        for (int round = 0; round <= Rounds; round++)
        {
            Cost own = Cost.Of(() => Whole(file, commands, stream => new BtrfsSendReader(stream, "benchmark")));
            Cost other = Dump(file);
            Cost overlapped = Cost.Of(() => Whole(file, commands, stream => BtrfsSendReader.ReadAhead(stream, "benchmark")));
            if (round > 0)
            {
                ours.Add(own);
                ahead.Add(overlapped);
                theirs.Add(other);
            }
        }

        return (ours, ahead, theirs);
    }

    private static void Whole(string file, long commands, Func<Stream, BtrfsSendReader> open)
    {
        using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        Expect(Parse(open(stream)), commands);
    }

    private static long Parse(Stream stream) => Parse(new BtrfsSendReader(stream, "benchmark"));

    private static long Parse(BtrfsSendReader reader)
    {
        long commands = 0;
        while (reader.Read())
        {
            commands++;
        }

        return commands;
    }

    private static void Expect(long found, long commands)
    {
        if (found != commands)
        {
            throw new InvalidDataException($"{found} commands instead of {commands}");
        }
    }

    private static Cost Dump(string file)
    {
        var clock = Stopwatch.StartNew();
        var start = new ProcessStartInfo("bash", ["-c", $"TIMEFORMAT='%U %S'; time btrfs receive --dump -f {file} >/dev/null 2>&1"]) { RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        string[] times = process.StandardError.ReadToEnd().Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        return process.ExitCode == 0
            ? new Cost(clock.Elapsed.TotalSeconds, times.Sum(time => double.Parse(time, CultureInfo.InvariantCulture)))
            : throw new InvalidOperationException($"btrfs receive --dump: exit code {process.ExitCode}");
    }

    private static long Write(string file, int version, Action<BtrfsSendWriter> commands)
    {
        using FileStream stream = File.Create(file);
        var writer = new BtrfsSendWriter(stream, version);
        writer.Header();
        writer.Begin(BtrfsCommand.Subvolume).Add(BtrfsAttribute.FilePath, "s"u8).Add(BtrfsAttribute.Uuid, Guid.Parse("00000000-0000-0000-0000-000000000001")).Add(BtrfsAttribute.TransactionId, 1UL).End();
        commands(writer);
        writer.CompleteAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
        return writer.Commands - 1; // END is kept to the reader
    }

    private static void WriteData(BtrfsSendWriter writer)
    {
        var chunk = new byte[128 << 10];
        new Random(3).NextBytes(chunk);
        for (long at = 0; at < DataBytes; at += chunk.Length)
        {
            writer.Begin(BtrfsCommand.Write).Add(BtrfsAttribute.FilePath, "images/disk.img"u8).Add(BtrfsAttribute.FileOffset, (ulong)at).Add(BtrfsAttribute.Data, chunk).End();
            Drain(writer);
        }
    }

    private static void WriteMetadata(BtrfsSendWriter writer)
    {
        for (int i = 0; i < MetadataCommands / 2; i++)
        {
            writer.Begin(BtrfsCommand.ChangeMode).Add(BtrfsAttribute.FilePath, "some/directory/file"u8).Add(BtrfsAttribute.Mode, 0x1A4UL).End();
            writer.Begin(BtrfsCommand.ChangeOwner).Add(BtrfsAttribute.FilePath, "some/directory/file"u8).Add(BtrfsAttribute.UserId, 1000UL).Add(BtrfsAttribute.GroupId, 1000UL).End();
            Drain(writer);
        }
    }

    private static void Drain(BtrfsSendWriter writer)
    {
        ValueTask drained = writer.DrainAsync(CancellationToken.None);
        if (!drained.IsCompletedSuccessfully)
        {
            drained.AsTask().GetAwaiter().GetResult();
        }
    }

    private static void Line(StringBuilder text, string name, List<Cost> costs) => text.AppendLine(Invariant(
        $"| {name} | {Cost.Median(costs, cost => cost.Seconds):F3} | {costs.Min(cost => cost.Seconds):F3} to {costs.Max(cost => cost.Seconds):F3} | {Cost.Median(costs, cost => cost.Cpu):F3} |"));

    private static string Reached(bool yes) => yes ? "yes" : "no";

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Version()
    {
        using Process process = Process.Start(new ProcessStartInfo("btrfs", ["--version"]) { RedirectStandardOutput = true })!;
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return text.Split('\n')[0].Replace("btrfs-progs", "", StringComparison.Ordinal).Trim();
    }

}
