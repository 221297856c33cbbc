using System.Diagnostics;
using System.Globalization;
using StorageEngines.BtrfsStreams;
using StorageEngines.Portable.Tar;
using StorageEngines.RbdDiffs;
using StorageEngines.Tests.Portable.Trees;

namespace StorageEngines.Tests.Portable;

/// <summary>
/// Readers of foreign streams: each damaged one ends in the engine's error or is read to its end, soon, and in bounded memory. It goes on for
/// <c>SENG_FUZZ_SECONDS</c> (default: a few) from <c>SENG_FUZZ_SEED</c>, which a failure names.
/// </summary>
public sealed class StreamFuzzTests
{
    private static double Seconds => double.Parse(Environment.GetEnvironmentVariable("SENG_FUZZ_SECONDS") ?? "2", CultureInfo.InvariantCulture);

    private static int FirstSeed => int.Parse(Environment.GetEnvironmentVariable("SENG_FUZZ_SEED") ?? "1", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Tar()
    {
        (byte[] whole, byte[] change) = await TarFuzzTests.ArchivesAsync(5, 12);
        await RunAsync("tar", random =>
        {
            var reader = new TarReader(new MemoryStream(TarFuzzTests.Mutate(random.Next(2) == 0 ? whole : change, random, repair: random.Next(4) != 0)));
            var buffer = new byte[4096];
            while (reader.Read())
            {
                while (reader.ReadData(buffer) > 0)
                {
                }
            }

            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task Btrfs()
    {
        byte[][] streams = [.. BtrfsVectors.Cases().Where(name => name != "append-huge").SelectMany(name => new[] { "base.full-data-v1.send", "incr.data-v1.send" }.Select(kind => BtrfsVectors.Read(name, kind)))];
        await RunAsync("btrfs", random =>
        {
            byte[] stream = BtrfsStreamDamageTests.Mutate(streams[random.Next(streams.Length)], random);
            var reader = new BtrfsSendReader(new MemoryStream(stream, 0, random.Next(4) == 0 ? random.Next(stream.Length) : stream.Length), "stream");
            var checker = new BtrfsStreamChecker(reader);
            BtrfsCommandDispatcher.Run(reader, checker, CancellationToken.None);
            checker.Complete();
            return Task.CompletedTask;
        });
    }

    [Theory]
    [InlineData("rbd diff v1\n")]
    [InlineData("rbd diff v2\n")]
    public async Task Rbd(string banner)
    {
        await RunAsync(banner.Trim(), async random =>
        {
            byte[] stream = Damaged(banner, random);
            using var reader = new RbdDiffReader(new MemoryStream(stream), "diff");
            await reader.ReadHeaderAsync(CancellationToken.None);
            var buffer = new byte[4096];
            while (await reader.ReadRecordAsync(CancellationToken.None) is not null)
            {
                while (await reader.ReadDataAsync(buffer, CancellationToken.None) > 0)
                {
                }
            }
        });
    }

    // Records that are right or nearly so; then a few bytes of any of them change.
    private static byte[] Damaged(string banner, Random random)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        bool hasLengths = banner.Contains("v2", StringComparison.Ordinal);
        long Odd() => random.Next(4) == 0 ? new[] { -1, 0, long.MaxValue, long.MinValue, 1L << 40, int.MaxValue }[random.Next(6)] : random.Next(5000);
        void Record(char tag, long size, Action body)
        {
            writer.Write((byte)tag);
            if (hasLengths)
            {
                writer.Write(random.Next(8) == 0 ? Odd() : size);
            }

            body();
        }

        writer.Write(System.Text.Encoding.ASCII.GetBytes(banner));
        foreach (char tag in "ft"[random.Next(2)..])
        {
            byte[] name = new byte[random.Next(40)];
            Record(tag, 4 + name.Length, () =>
            {
                writer.Write(random.Next(10) == 0 ? (int)Math.Clamp(Odd(), int.MinValue, int.MaxValue) : name.Length);
                writer.Write(name);
            });
        }

        Record('s', 8, () => writer.Write(random.Next(6) == 0 ? Odd() : 1L << 30));
        long at = 0;
        for (int i = random.Next(20); i > 0; i--)
        {
            long length = 1 + random.Next(3000);
            bool isData = random.Next(2) == 0;
            Record(isData ? 'w' : 'z', isData ? 16 + length : 16, () =>
            {
                writer.Write(random.Next(10) == 0 ? Odd() : at);
                writer.Write(random.Next(10) == 0 ? Odd() : length);
                writer.Write(new byte[isData ? length : 0]);
            });
            at += length + random.Next(100);
        }

        writer.Write((byte)'e');
        byte[] bytes = stream.ToArray();
        for (int i = random.Next(3); i > 0; i--)
        {
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
        }

        return bytes[..(random.Next(4) == 0 ? random.Next(bytes.Length) : bytes.Length)];
    }

    private static async Task RunAsync(string what, Func<Random, Task> round)
    {
        int seed = FirstSeed;
        int refused = 0;
        for (var clock = Stopwatch.StartNew(); clock.Elapsed.TotalSeconds < Seconds; seed++)
        {
            long allocated = GC.GetAllocatedBytesForCurrentThread();
            var one = Stopwatch.StartNew();
            try
            {
                await round(new Random(seed));
            }
            catch (StorageEngineException e)
            {
                Assert.NotEmpty(e.Message);
                refused++;
            }
            catch (Exception e)
            {
                Assert.Fail($"SENG_FUZZ_SEED={seed}: {what}: {e}");
            }

            Assert.True(GC.GetAllocatedBytesForCurrentThread() - allocated < 64 << 20 && one.Elapsed < TimeSpan.FromSeconds(20), $"SENG_FUZZ_SEED={seed}: {what}: too much memory or time");
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{what}: {seed - FirstSeed} damaged streams, {refused} refused");
        Assert.InRange(refused, (seed - FirstSeed) / 50, int.MaxValue);
    }
}
