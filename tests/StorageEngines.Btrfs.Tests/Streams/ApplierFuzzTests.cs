using System.Diagnostics;
using System.Globalization;
using StorageEngines.Btrfs.Tests.Changes;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Tests.Streams;

/// <summary>
/// Damaged and malicious streams with right checksums, applied: each ends in an error or is carried out, soon, in bounded memory, and nothing beside its directory is touched. It goes on
/// for <c>SENG_FUZZ_SECONDS</c> (default: a few) from <c>SENG_FUZZ_SEED</c>, which a failure names.
/// </summary>
public sealed class ApplierFuzzTests
{
    private const long MostBytes = 64 << 20;

    private static double Seconds => double.Parse(Environment.GetEnvironmentVariable("SENG_FUZZ_SECONDS") ?? "3", CultureInfo.InvariantCulture);

    private static int FirstSeed => int.Parse(Environment.GetEnvironmentVariable("SENG_FUZZ_SEED") ?? "1", CultureInfo.InvariantCulture);

    [Fact]
    public void Streams_never_leave_their_directory()
    {
        using var tree = new AppliedTree();
        (byte[] Base, byte[][] Next)[] vectors = [.. HostileStreams.Recorded()];
        byte[][] evil = [.. HostileStreams.Paths(tree.Canary)];
        var clock = Stopwatch.StartNew();
        int refused = 0, whole = 0, done = 0, seed = FirstSeed;
        for (; clock.Elapsed.TotalSeconds < Seconds; seed++)
        {
            var random = new Random(seed);
            (byte[] first, byte[][] next) = vectors[random.Next(vectors.Length)];
            bool both = next.Length > 0 && random.Next(3) > 0;
            tree.Clear();
            if (both)
            {
                tree.Apply(first);
            }

            byte[] stream = StreamMutator.Mutate(HostileStreams.Plant(both ? next[random.Next(next.Length)] : first, evil, random), random);
            TimeSpan began = clock.Elapsed;
            long allocated = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                whole += tree.Apply(stream, CancellationToken.None, goesOn: seed % 2 == 0) == 0 ? 1 : 0;
                done++;
            }
            catch (Exception e) when (e is StorageEngineException or PosixException)
            {
                refused++;
            }
            catch (Exception e)
            {
                Assert.Fail($"SENG_FUZZ_SEED={seed}: {e}");
            }

            Assert.True(clock.Elapsed - began < TimeSpan.FromSeconds(20), $"SENG_FUZZ_SEED={seed}: took {clock.Elapsed - began}");
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - allocated < MostBytes, $"SENG_FUZZ_SEED={seed}: allocated {GC.GetAllocatedBytesForCurrentThread() - allocated} bytes");
            tree.AssertStayedWithin($"SENG_FUZZ_SEED={seed}");
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{seed - FirstSeed} streams, {refused} refused, {done} read to the end, {whole} of them without a refused command");
        Assert.InRange(refused, 1, int.MaxValue);
    }
}
