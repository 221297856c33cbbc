using System.Diagnostics;
using System.Globalization;
using StorageEngines.TarRsync.Tests.Capture;
using StorageEngines.TarRsync.Tests.Golden;
using StorageEngines.TarRsync.Tests.Restore;

namespace StorageEngines.TarRsync.Tests.Fuzz;

/// <summary>
/// Reads damaged stores, of the first format and of today's: everything ends in an answer or in the one error, soon, and in bounded memory. It goes on for
/// <c>SENG_FUZZ_SECONDS</c> (default: a few); a failure names the seed, and <c>SENG_FUZZ_SEED</c> begins with that.
/// What all tests allocate is counted: nobody else may run meanwhile.
/// </summary>
[Collection(nameof(StoreFuzzTests))]
public sealed class StoreFuzzTests : IDisposable
{
    private const long MostBytes = 512L << 20;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, string> _failures = [];
    private readonly string _root = Directory.CreateTempSubdirectory("seng-test-fuzz-").FullName;

    public void Dispose() => EngineScratch.Run("rm", "-rf", _root);

    [Theory]
    [InlineData("today")]
    [InlineData("store-v1")]
    public async Task A_damaged_store_is_answered_from_or_refused(string which)
    {
        string store = Path.Combine(_root, "store");
        if (which == "today")
        {
            await MakeAsync(store);
        }
        else
        {
            EngineScratch.Run("cp", "-r", Path.Combine(GoldenTree.Folder("store-v1"), "store"), store);
        }

        double seconds = double.Parse(Environment.GetEnvironmentVariable("SENG_FUZZ_SECONDS") ?? "4", CultureInfo.InvariantCulture);
        int seed = int.Parse(Environment.GetEnvironmentVariable("SENG_FUZZ_SEED") ?? "1", CultureInfo.InvariantCulture);
        string[] objects = Objects(store);
        int rounds = 0;
        int refused = 0;
        for (var clock = Stopwatch.StartNew(); clock.Elapsed.TotalSeconds < seconds; seed++, rounds++)
        {
            refused += await RoundAsync(store, objects, seed) ? 1 : 0;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{which}: {rounds} damaged stores, {refused} noticed");
        Assert.True(_failures.Count == 0, string.Join("\n\n", _failures.Values));
        Assert.True(refused > rounds / 10, $"only {refused} of {rounds} damages were noticed; the damage does not reach the readers");
    }

    /// <summary>What fuzzing found: 171, a file's record that is refused after its manifest went back to the pool.</summary>
    [Theory]
    [InlineData(171)]
    public async Task A_damage_that_once_was_not_answered_well_is_refused(int seed)
    {
        string store = Path.Combine(_root, "store");
        EngineScratch.Run("cp", "-r", Path.Combine(GoldenTree.Folder("store-v1"), "store"), store);
        bool refused = await RoundAsync(store, Objects(store), seed);
        Assert.True(_failures.Count == 0, string.Join("\n\n", _failures.Values));
        Assert.True(refused);
    }

    private static string[] Objects(string store)
        => [.. Directory.EnumerateFiles(store, "*", SearchOption.AllDirectories).Where(path => Path.GetFileName(path) != "lock").Order(StringComparer.Ordinal)];

    private async Task<bool> RoundAsync(string store, string[] objects, int seed)
    {
        var random = new Random(seed);
        var mutator = new StoreMutator(random);
        string victim = objects[random.Next(objects.Length)];
        string? record = null;
        byte[] before = await File.ReadAllBytesAsync(victim);
        byte[]? recordBefore = null;
        try
        {
            switch (Path.GetExtension(victim))
            {
                case ".manifest" when random.Next(10) != 0:
                    byte[] manifest = mutator.Manifest(victim, out string digest);
                    record = objects.Single(path => path.EndsWith(Path.GetFileNameWithoutExtension(victim) + ".info", StringComparison.Ordinal));
                    recordBefore = await File.ReadAllBytesAsync(record);
                    await File.WriteAllBytesAsync(record, mutator.Record(recordBefore, digest));
                    await File.WriteAllBytesAsync(victim, manifest);
                    break;
                case ".pack" when random.Next(10) != 0:
                    await File.WriteAllBytesAsync(victim, mutator.Pack(before));
                    break;
                case ".info" or ".json" when random.Next(10) != 0:
                    await File.WriteAllBytesAsync(victim, mutator.Record(before));
                    break;
                default:
                    await File.WriteAllBytesAsync(victim, mutator.Bytes(before));
                    break;
            }

            return await ReadAsync(store, random, $"SENG_FUZZ_SEED={seed}: {Path.GetRelativePath(store, victim)}");
        }
        finally
        {
            await File.WriteAllBytesAsync(victim, before);
            if (record is not null)
            {
                await File.WriteAllBytesAsync(record, recordBefore!);
            }
        }
    }

    private async Task<bool> ReadAsync(string store, Random random, string what)
    {
        var clock = Stopwatch.StartNew();
        long allocated = GC.GetTotalAllocatedBytes();
        using var limit = new CancellationTokenSource(Longest);
        StoreReads reads = new(store, random, limit.Token);
        try
        {
            await reads.RunAsync().WaitAsync(Longest);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            Assert.Fail($"{what}: {reads.Step} does not end");
        }
        catch (Exception e)
        {
            // One of each kind: a run of ten minutes is to tell all that is wrong.
            string place = (e.StackTrace ?? "").Split('\n').FirstOrDefault(line => line.Contains("/plugins/", StringComparison.Ordinal)) ?? "";
            _failures.TryAdd(e.GetType().Name + place, $"{what}: {reads.Step}: {e}");
        }

        allocated = GC.GetTotalAllocatedBytes() - allocated;
        Assert.True(allocated < MostBytes, $"{what}: {allocated >> 20} MiB were allocated");
        Assert.True(clock.Elapsed < Longest, $"{what}: it took {clock.Elapsed.TotalSeconds:F0} s");
        return reads.Refused > 0;
    }

    private async Task MakeAsync(string store)
    {
        string live = Directory.CreateDirectory(Path.Combine(_root, "live")).FullName;
        string image = Path.Combine(_root, "image");
        RichTree.Make(live);
        for (int i = 0; i < 200; i++)
        {
            await File.WriteAllTextAsync(Path.Combine(live, $"f{i:D4}"), new string((char)('a' + (i % 26)), i * 7));
        }

        var content = new byte[12 << 20];
        new Random(3).NextBytes(content.AsSpan(0, 1 << 20));
        await File.WriteAllBytesAsync(image, content);
        await using var engine = new TarRsyncStorageEngine(store, TimeProvider.System);
        ISnapshots snapshots = engine.Feature<ISnapshots>()!;
        foreach (string name in new[] { "s1", "s2" })
        {
            foreach (string path in new[] { live, image })
            {
                VolumeInfo volume = await engine.ResolveVolumeAsync(BytePath.FromString(path));
                await snapshots.CreateAsync(new CreateSnapshotRequest(volume.Ref, name) { Labels = new Dictionary<string, string> { ["k"] = "v" } });
            }

            RichTree.Disturb(live, 4);
            content[700_000]++;
            await File.WriteAllBytesAsync(image, content);
        }
    }

    [CollectionDefinition(nameof(StoreFuzzTests), DisableParallelization = true)]
    public sealed class Alone;
}
