using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using StorageEngines.Btrfs.Tests.Changes;
using StorageEngines.Platform.Tests.Btrfs;

namespace StorageEngines.Btrfs.Tests.Streams;

/// <summary>
/// Damaged and malicious streams with right checksums, applied by the whole engine to volumes of a mounted Btrfs. Each is refused, and then everything is as it was, or is received whole; soon, in
/// bounded memory, and nothing beside the volume is touched. It goes on for <c>SENG_FUZZ_SECONDS</c> (default: a few) from <c>SENG_FUZZ_SEED</c>, which a failure names.
/// </summary>
[Collection(nameof(EngineFuzzAlone))]
public sealed class EngineFuzzTests : IAsyncLifetime
{
    private const long MostBytes = 256 << 20;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly BtrfsLoop _loop = BtrfsLoop.MakeOrSkip();
    private readonly BtrfsStorageEngine _engine = new(null);

    private static double Seconds => double.Parse(Environment.GetEnvironmentVariable("SENG_FUZZ_SECONDS") ?? "3", CultureInfo.InvariantCulture);

    private static int FirstSeed => int.Parse(Environment.GetEnvironmentVariable("SENG_FUZZ_SEED") ?? "1", CultureInfo.InvariantCulture);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Canary => Path.Combine(_loop.Mount, "canary");

    private ISnapshots Snapshots => _engine.Feature<ISnapshots>()!;

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        _loop.Dispose();
    }

    [Fact]
    public async Task A_refused_stream_leaves_everything_as_it_was()
    {
        Directory.CreateDirectory(Path.Combine(Canary, "cage"));
        await File.WriteAllTextAsync(Path.Combine(Canary, "bird"), "sings", Cancel);
        byte[][] evil = [.. HostileStreams.Paths(Canary)];
        (byte[] Base, byte[][] Next)[] vectors = [.. HostileStreams.Recorded()];
        var bases = new Dictionary<int, VolumeInfo>();
        string around = State(Canary);
        var clock = Stopwatch.StartNew();
        int refused = 0, received = 0, seed = FirstSeed;
        var slowest = TimeSpan.Zero;
        for (; clock.Elapsed.TotalSeconds < Seconds; seed++)
        {
            var random = new Random(seed);
            int vector = random.Next(vectors.Length);
            (byte[] first, byte[][] next) = vectors[vector];
            bool isNext = next.Length > 0 && random.Next(3) > 0;
            VolumeInfo volume = !isNext ? await MakeAsync("full") : bases.TryGetValue(vector, out VolumeInfo? known) ? known : bases[vector] = await MakeAsync($"base{vector}", first);
            byte[] stream = StreamMutator.Mutate(HostileStreams.Plant(isNext ? next[random.Next(next.Length)] : first, evil, random), random);
            string before = State(volume.Location.ToString());
            string[] snapshots = await NamesAsync(volume);
            TimeSpan began = clock.Elapsed;
            long allocated = GC.GetTotalAllocatedBytes();
            try
            {
                SnapshotInfo brought = await ApplyAsync(stream, volume);
                received++;
                string[] now = await NamesAsync(volume);
                Assert.Equal((string[])[.. snapshots, brought.Ref.Name!], now);
                await UndoAsync(volume, brought, isNext);
            }
            catch (StorageEngineException)
            {
                refused++;
                Assert.True(before == State(volume.Location.ToString()), $"SENG_FUZZ_SEED={seed}: the volume was changed");
                string[] now = await NamesAsync(volume);
                Assert.Equal(snapshots, now);
            }
            catch (Exception e) when (e is not Xunit.Sdk.IAssertionException)
            {
                Assert.Fail($"SENG_FUZZ_SEED={seed}: {e}");
            }

            slowest = clock.Elapsed - began > slowest ? clock.Elapsed - began : slowest;
            Assert.True(clock.Elapsed - began < Limit, $"SENG_FUZZ_SEED={seed}: took {clock.Elapsed - began}");
            Assert.True(GC.GetTotalAllocatedBytes() - allocated < MostBytes, $"SENG_FUZZ_SEED={seed}: allocated {GC.GetTotalAllocatedBytes() - allocated} bytes");
            Assert.True(around == State(Canary), $"SENG_FUZZ_SEED={seed}: something outside was touched");
            AssertNothingLeft(seed);
            if (!isNext)
            {
                BtrfsLoop.Btrfs("subvolume", "delete", volume.Location.ToString());
            }
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{seed - FirstSeed} streams in {clock.Elapsed.TotalSeconds:F0} s, {refused} refused, {received} received whole; the slowest took {slowest.TotalMilliseconds:F0} ms");
        Assert.InRange(refused, 1, int.MaxValue);
    }

    // What is there, with content and times: nothing of it may change.
    private static string State(string directory)
    {
        (int exit, string text) = BtrfsLoop.Run("bash", "-c", "cd \"$1\" && find . -printf '%P %y %i %n %m %U %G %s %T@ %l\\0' | sort -z && find . -type f -size -1000k -exec cat {} + | sha256sum", "bash", directory);
        Assert.Equal(0, exit);
        return Convert.ToHexString(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));
    }

    private void AssertNothingLeft(int seed)
    {
        string root = Path.Combine(_loop.Mount, ".seng-snapshots");
        IEnumerable<string> homes = Directory.EnumerateDirectories(root).SelectMany(Directory.EnumerateDirectories);
        Assert.True(homes.All(home => Directory.Exists(Path.Combine(home, "data"))), $"SENG_FUZZ_SEED={seed}: a directory without a snapshot is left");
        string[] names = [.. Directory.EnumerateFileSystemEntries(_loop.Mount).Concat(Directory.EnumerateFileSystemEntries(root)).Select(path => Path.GetFileName(path))];
        Assert.DoesNotContain(names, name => name.StartsWith(".seng-tmp", StringComparison.Ordinal));
        IEnumerable<string> within = Directory.EnumerateDirectories(root).Concat(homes).SelectMany(Directory.EnumerateFileSystemEntries).Select(path => Path.GetFileName(path)!);
        Assert.True(within.All(name => !name.StartsWith(".seng-tmp", StringComparison.Ordinal)), $"SENG_FUZZ_SEED={seed}: something half received is left");
    }

    private async Task UndoAsync(VolumeInfo volume, SnapshotInfo brought, bool hasBase)
    {
        if (hasBase)
        {
            await Snapshots.RollbackAsync((await Snapshots.ListAsync(volume.Ref, null, Cancel).ToListAsync(Cancel))[0].Ref, new RollbackOptions(), Cancel);
        }

        await Snapshots.DeleteAsync(brought.Ref, DeleteMode.Everything, Cancel);
    }

    private async Task<VolumeInfo> MakeAsync(string name, byte[]? stream = null)
    {
        VolumeInfo volume = await _engine.ResolveVolumeAsync(BytePath.FromString(_loop.MakeSubvolume(name)), Cancel);
        if (stream is not null)
        {
            await ApplyAsync(stream, volume);
        }

        return volume;
    }

    private async Task<string[]> NamesAsync(VolumeInfo volume)
        => [.. (await Snapshots.ListAsync(volume.Ref, null, Cancel).ToListAsync(Cancel)).Select(each => each.Ref.Name!)];

    private Task<SnapshotInfo> ApplyAsync(byte[] stream, VolumeInfo volume) => _engine.Feature<IDifferentials>()!.ApplyAsync(new MemoryStream(stream), volume.Ref, null, Cancel);
}

/// <summary>Nothing runs beside it, because it counts what the process allocates.</summary>
[CollectionDefinition(nameof(EngineFuzzAlone), DisableParallelization = true)]
public sealed class EngineFuzzAlone;
