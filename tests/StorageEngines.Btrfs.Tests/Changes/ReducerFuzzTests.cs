using System.Diagnostics;
using System.Globalization;
using StorageEngines.Btrfs.Changes;
using StorageEngines.BtrfsStreams;

namespace StorageEngines.Btrfs.Tests.Changes;

/// <summary>
/// Damaged streams with right checksums end in the engine's error or are reduced, soon, and in bounded memory. It goes on for <c>SENG_FUZZ_SECONDS</c>
/// (default: a few) from <c>SENG_FUZZ_SEED</c>, which a failure names.
/// </summary>
public sealed class ReducerFuzzTests
{
    private const long MostBytes = 64 << 20;

    private static double Seconds => double.Parse(Environment.GetEnvironmentVariable("SENG_FUZZ_SECONDS") ?? "2", CultureInfo.InvariantCulture);

    private static int FirstSeed => int.Parse(Environment.GetEnvironmentVariable("SENG_FUZZ_SEED") ?? "1", CultureInfo.InvariantCulture);

    [Fact]
    public void Changes()
    {
        (byte[] Stream, TruthTree Truth)[] vectors = [.. Vectors.Differences().Select(d => (Vectors.Read(d.Case, d.File), TruthTree.Load(d.Case)))];
        Run(random =>
        {
            (byte[] stream, TruthTree truth) = vectors[random.Next(vectors.Length)];
            BytePath under = random.Next(4) == 0 ? truth.After.Keys.ElementAt(random.Next(truth.After.Count)) : default;
            var options = new ReducerOptions { Tree = random.Next(2) == 0 ? truth : null, MaxExtentsPerFile = random.Next(40), Under = under, SpoolMemoryBytes = 64 };
            using var reducer = new ChangeReducer(options);
            reducer.Read(new BtrfsSendReader(new MemoryStream(StreamMutator.Mutate(stream, random)), "stream"), CancellationToken.None);
            foreach (FileChange change in reducer.Changes(CancellationToken.None))
            {
                Assert.True(change.Path.IsSafeRelative && (change.OldPath is not { } old || old.IsSafeRelative) && (change.Extents?.Count ?? 0) <= options.MaxExtentsPerFile, $"{change}");
                AssertAscending(change.Extents ?? []);
            }
        });
    }

    [Fact]
    public void One_file()
    {
        (byte[] Stream, TruthTree Truth, BytePath[] Files)[] vectors = [.. from d in Vectors.Differences()
                                                                          let truth = TruthTree.Load(d.Case)
                                                                          let files = truth.After.Where(pair => pair.Value.Known.Type == TreeEntryType.File && truth.InBase(pair.Key)?.Type == TreeEntryType.File)
                                                                          where files.Any()
                                                                          select (Vectors.Read(d.Case, d.File), truth, files.Select(pair => pair.Key).ToArray())];
        Run(random =>
        {
            (byte[] stream, TruthTree truth, BytePath[] files) = vectors[random.Next(vectors.Length)];
            BytePath file = files[random.Next(files.Length)];
            using var reducer = new FileDeltaReducer(file, file, truth, null, Path.GetTempPath());
            reducer.Read(new BtrfsSendReader(new MemoryStream(StreamMutator.Mutate(stream, random)), "stream"), CancellationToken.None);
            List<Extent> extents = [.. reducer.Extents()];
            AssertAscending(extents);
            Assert.True((extents.Count == 0 ? 0 : extents[^1].End) <= truth.InTarget(file)!.Value.SizeBytes);
        });
    }

    private static void AssertAscending(IReadOnlyList<Extent> extents)
    {
        for (int i = 1; i < extents.Count; i++)
        {
            Assert.True(extents[i].Offset >= extents[i - 1].End, string.Join(' ', extents));
        }
    }

    private static void Run(Action<Random> one)
    {
        var clock = Stopwatch.StartNew();
        int refused = 0, seed = FirstSeed;
        for (; clock.Elapsed.TotalSeconds < Seconds; seed++)
        {
            long allocated = GC.GetAllocatedBytesForCurrentThread();
            TimeSpan began = clock.Elapsed;
            try
            {
                one(new Random(seed));
            }
            catch (StorageEngineException)
            {
                refused++;
            }
            catch (Exception e)
            {
                Assert.Fail($"SENG_FUZZ_SEED={seed}: {e}");
            }

            Assert.True(clock.Elapsed - began < TimeSpan.FromSeconds(20), $"SENG_FUZZ_SEED={seed}: took {clock.Elapsed - began}");
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - allocated < MostBytes, $"SENG_FUZZ_SEED={seed}: allocated {GC.GetAllocatedBytesForCurrentThread() - allocated} bytes");
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{seed - FirstSeed} streams, {refused} refused");
    }
}
