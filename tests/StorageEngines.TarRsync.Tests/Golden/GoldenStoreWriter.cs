using StorageEngines.TarRsync.Tests.Capture;

namespace StorageEngines.TarRsync.Tests.Golden;

/// <summary>Makes a golden store. Run by hand when the format gets a new version, never to make a failing test pass: see Golden/store-v1/README.md.</summary>
public sealed class GoldenStoreWriter
{
    private const string Place = "/tmp/seng-golden";

    [Fact(Explicit = true)]
    public async Task Write_the_golden_store()
    {
        string target = Environment.GetEnvironmentVariable("SENG_GOLDEN_WRITE") ?? throw new InvalidOperationException("SENG_GOLDEN_WRITE names no directory.");
        string tree = Path.Combine(Place, "tree"), image = Path.Combine(Place, "image");
        Directory.CreateDirectory(Place);
        await using (var engine = new TarRsyncStorageEngine(Path.Combine(target, "store"), TimeProvider.System))
        {
            ISnapshots snapshots = engine.Feature<ISnapshots>()!;
            async Task<SnapshotInfo> CutAsync(string path, string name) => await snapshots.CreateAsync(
                new CreateSnapshotRequest((await engine.ResolveVolumeAsync(BytePath.FromString(path))).Ref, name) { Labels = new Dictionary<string, string> { ["made"] = "golden" } });
            GoldenTree.MakeFirst(tree);
            SnapshotInfo first = await CutAsync(tree, "first");
            await snapshots.HoldAsync(first.Ref, "keeper");
            await File.WriteAllLinesAsync(Path.Combine(target, "truth-first.txt"), GoldenTree.DescribeDirectory(tree));
            GoldenTree.MakeSecond(tree);
            SnapshotInfo second = await CutAsync(tree, "second");
            GoldenTree.MakeThird(tree);
            await CutAsync(tree, "third");
            await File.WriteAllLinesAsync(Path.Combine(target, "truth-third.txt"), GoldenTree.DescribeDirectory(tree));
            await snapshots.DeleteAsync(second.Ref);
            foreach (bool changed in new[] { false, true })
            {
                await File.WriteAllBytesAsync(image, GoldenTree.Image(changed));
                await CutAsync(image, changed ? "b" : "a");
            }
        }
        await File.WriteAllTextAsync(Path.Combine(target, "store", "lock"), "");
        EngineScratch.Run("rm", "-rf", Place); // .NET cannot name what is no UTF-8
    }
}
