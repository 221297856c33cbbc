using System.Buffers.Binary;
using StorageEngines.BtrfsStreams;

namespace StorageEngines.Tests.Portable.Trees;

public sealed class BtrfsStreamDamageTests
{
    public static TheoryData<int> Seeds() => [.. Enumerable.Range(1, 60)];

    [Theory]
    [InlineData("create", "base.full-data-v1.send")]
    [InlineData("type-change", "incr.data-v1.send")]
    [InlineData("type-change", "incr.data-v2.send")]
    [InlineData("capabilities", "incr.data-v2.send")]
    [InlineData("delete-tree", "base.full-data-v1.send")]
    public void Every_truncation_is_an_error_with_its_place(string name, string file)
    {
        byte[] stream = BtrfsVectors.Read(name, file);
        for (int length = 0; length < stream.Length; length++)
        {
            CorruptDataException error = Assert.Throws<CorruptDataException>(() => Check(stream, length));
            Assert.InRange(error.Offset!.Value, 0, length);
        }

        Check(stream, stream.Length);
    }

    [Fact]
    public void Reading_takes_no_memory_per_command()
    {
        byte[] stream = BtrfsVectors.Read("sparse", "incr.data-v1.send");
        Check(stream, stream.Length);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Check(stream, stream.Length);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 300_000); // the reader's own buffer is 256 KiB
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task A_mutated_stream_with_right_checksums_never_leaves_its_directory(int seed)
    {
        var random = new Random(seed);
        using var scratch = new ScratchDirectory();
        Directory.CreateDirectory(Path.Combine(scratch.Path, "canary"));
        File.WriteAllText(Path.Combine(scratch.Path, "canary", "bird"), "sings");
        SortedDictionary<BytePath, string> canary = LiveTree.Read(scratch.At("canary"));
        string[] cases = [.. BtrfsVectors.Cases().Where(c => c != "append-huge")];
        string name = cases[random.Next(cases.Length)];
        BytePath target = scratch.At("tree");
        await TryAsync(Mutate(BtrfsVectors.Read(name, "base.full-data-v1.send"), random), target, scratch);
        if (!Directory.Exists(Path.Combine(scratch.Path, "tree")))
        {
            await TreeDifferential.ApplyAsync(new MemoryStream(BtrfsVectors.Read(name, "base.full-data-v1.send")), target, scratch.Options);
        }

        await TryAsync(Mutate(BtrfsVectors.Read(name, "incr.data-v1.send"), random), target, scratch);

        Assert.Equal(canary, LiveTree.Read(scratch.At("canary")));
        Assert.Empty(Directory.GetFileSystemEntries(scratch.Path).Select(Path.GetFileName).Except(["canary", "state", "tree", "tree.seng-applying"]));
    }

    private static async Task TryAsync(byte[] stream, BytePath target, ScratchDirectory scratch)
    {
        using var time = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            await TreeDifferential.ApplyAsync(new MemoryStream(stream), target, scratch.Options with { SkipBaseCheck = true }, time.Token);
        }
        catch (StorageEngineException e)
        {
            Assert.NotEqual(EngineStatus.Internal, e.Status);
        }
    }

    private static void Check(byte[] stream, int length)
    {
        var reader = new BtrfsSendReader(new MemoryStream(stream, 0, length), "vector");
        while (reader.Read())
        {
            Assert.NotEqual(BtrfsCommand.Unspecified, reader.Command);
        }
    }

    /// <summary>Changes a few payload bytes, or a whole path, and mends the checksum.</summary>
    internal static byte[] Mutate(byte[] stream, Random random)
    {
        byte[] mutated = [.. stream];
        List<(int At, int Length)> commands = [];
        for (int at = BtrfsSendFormat.StreamHeaderLength; at < stream.Length;)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(stream.AsSpan(at));
            commands.Add((at, length));
            at += BtrfsSendFormat.CommandHeaderLength + length;
        }

        for (int i = 0; i < 1 + random.Next(4); i++)
        {
            (int at, int length) = commands[random.Next(commands.Count)];
            Span<byte> payload = mutated.AsSpan(at + BtrfsSendFormat.CommandHeaderLength, length);
            if (length > 8 && random.Next(2) == 0)
            {
                ReadOnlySpan<byte> evil = random.Next(3) switch { 0 => "../canary/bird"u8, 1 => "/etc/seng"u8, _ => "x/../../canary"u8 };
                int size = Math.Min(payload.Length - 4, BinaryPrimitives.ReadUInt16LittleEndian(payload[2..]));
                evil[..Math.Min(evil.Length, size)].CopyTo(payload.Slice(4, size));
            }
            else if (length > 0)
            {
                payload[random.Next(length)] = (byte)random.Next(256);
            }
            else
            {
                mutated[at + 4] = (byte)random.Next(30);
            }

            Span<byte> command = mutated.AsSpan(at, BtrfsSendFormat.CommandHeaderLength + length);
            BinaryPrimitives.WriteUInt32LittleEndian(command[6..], BtrfsSendFormat.Checksum(command));
        }

        return mutated;
    }
}
