using System.Diagnostics;
using StorageEngines.Zfs.Streams;

namespace StorageEngines.Zfs.Tests.Streams;

/// <summary>Damaged streams: each gives an error with its place, or, without checksums, perhaps something that makes sense; never a crash, a hang or much memory.</summary>
public sealed class FuzzTests
{
    private const int Mutations = 10_000;

    public static TheoryData<string> Small => [.. Vector.All.Where(name => Vector.Bytes(name).Length < 50_000)];

    public static TheoryData<string> All => [.. Vector.All];

    [Theory]
    [MemberData(nameof(Small))]
    public void Every_truncation_of_a_small_stream_is_an_error(string name) => Truncations(Vector.Bytes(name));

    [Theory]
    [MemberData(nameof(All))]
    public void Every_truncation_around_every_record_is_an_error(string name)
    {
        byte[] stream = Vector.Bytes(name);
        ZfsSendReader reader = Vector.Open(stream);
        while (reader.Read())
        {
            foreach (long at in (long[])[reader.RecordOffset, reader.RecordOffset + 1, reader.RecordOffset + 311, reader.RecordOffset + 312, reader.Position - 1])
            {
                if (at < stream.Length)
                {
                    Truncated(stream, (int)at);
                }
            }
        }
    }

    [Fact]
    public void Every_truncation_of_a_stream_of_everything_and_of_a_package_is_an_error()
    {
        Truncations(StreamBuilder.Everything(swapped: false, old: false));
        Truncations(StreamBuilder.Everything(swapped: true, old: true));
        Truncations(ZfsSendReaderTests.Package());
    }

    [Fact]
    public void Mutations_are_errors_or_make_sense()
    {
        byte[][] streams = [.. Vector.All.Select(Vector.Bytes).Where(stream => stream.Length < 110_000), StreamBuilder.Everything(false, false), StreamBuilder.Everything(true, true), ZfsSendReaderTests.Package()];
        var random = new Random(20);
        var clock = Stopwatch.StartNew();
        int refused = 0;
        for (int i = 0; i < Mutations; i++)
        {
            byte[] stream = Mutated(streams[i % streams.Length], random);
            bool verify = i % 4 == 0;
            refused += Survives(stream, verify) ? 0 : 1;
        }

        Assert.InRange(refused, Mutations / 4, Mutations);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(120));
    }

    [Fact]
    public void With_checksums_no_flipped_bit_goes_unseen()
    {
        byte[] stream = Vector.Bytes("zvol-lz4-ce");
        var random = new Random(21);
        for (int i = 0; i < 3000; i++)
        {
            byte[] other = [.. stream];
            int at = random.Next(other.Length);
            other[at] ^= (byte)(1 << random.Next(8));
            Assert.False(Survives(other, verify: true), $"bit in byte {at}");
        }
    }

    [Fact]
    public void A_stream_that_promises_much_and_ends_costs_little()
    {
        byte[] stream = StreamBuilder.Everything(false, false);
        BitConverter.TryWriteBytes(stream.AsSpan(4), 64 << 20);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<CorruptDataException>(() => Vector.Open(stream).Read());
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 3 << 20);
    }

    private static void Truncations(byte[] stream)
    {
        for (int length = 0; length < stream.Length; length++)
        {
            Truncated(stream, length);
        }
    }

    private static void Truncated(byte[] stream, int length)
    {
        foreach (bool keep in (bool[])[true, false])
        {
            var reader = new ZfsSendReader(new MemoryStream(stream, 0, length), "cut", verify: false, keep, 1024);
            CorruptDataException error = Assert.Throws<CorruptDataException>(() => Vector.Records(reader));
            Assert.Equal(length, error.Offset);
        }
    }

    private static byte[] Mutated(byte[] stream, Random random)
    {
        byte[] other = [.. stream];
        for (int n = random.Next(1, 5); n > 0; n--)
        {
            int at = random.Next(random.Next(3) == 0 ? other.Length : Math.Min(other.Length, 4000));
            switch (random.Next(4))
            {
                case 0:
                    other[at] = (byte)random.Next(256);
                    break;
                case 1:
                    other.AsSpan(at, Math.Min(8, other.Length - at)).Fill(0xFF);
                    break;
                case 2:
                    other[at] ^= (byte)(1 << random.Next(8));
                    break;
                default:
                    int from = random.Next(other.Length), count = random.Next(Math.Min(other.Length - from, other.Length - at));
                    other.AsSpan(from, count).CopyTo(other.AsSpan(at));
                    break;
            }
        }

        return other;
    }

    private static bool Survives(byte[] stream, bool verify)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            ZfsSendReader reader = Vector.Open(stream, verify);
            while (reader.Read())
            {
                if (reader.Type == ZfsRecordType.Begin)
                {
                    reader.ReadList();
                }
            }

            return true;
        }
        catch (CorruptDataException error)
        {
            Assert.InRange(error.Offset!.Value, 0, stream.Length);
            return false;
        }
        catch (StorageEngineException error) when (error.Reason == EngineReason.FormatTooNew)
        {
            return false;
        }
        finally
        {
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
        }
    }
}
