using System.Globalization;
using StorageEngines.CephRbd.Hosts.Native;
using StorageEngines.Specification;

namespace StorageEngines.Platform.Tests.CephRbd;

/// <summary>
/// Whatever happened to an image, its snapshots come to another one through streams, one after the other or from any of them to any later one, byte for byte: by an apply of ours and by <c>rbd import-diff</c>.
/// What was brought is a base like any other: of the replica too no difference misses a change.
/// </summary>
public sealed class RandomTransferTests
{
    private const int UsualCount = 4, PairsPerImage = 2;

    private int _streams;
    private int _pairs;
    private int _hybrid;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_snapshot_comes_over()
    {
        await using DifferenceScene scene = await DifferenceScene.MakeAsync();
        using var histories = new RandomHistories(scene.Settings, scene.Space, UsualCount);
        foreach (int seed in histories.Seeds)
        {
            using ImageHistory history = await histories.PlayAsync(seed, () => new NativeRbdHost(histories.Settings), Cancel);
            foreach (string image in history.Images)
            {
                await TransferAsync(scene, image, new Random(seed), $"seed {seed}, {image}, after {string.Join("; ", history.Log)}");
            }
        }

        TestContext.Current.SendDiagnosticMessage(
            $"{histories}: {_streams} streams, each applied by us and by rbd import-diff; {_pairs} pairs of snapshots of the replicas compared, {_hybrid} of them by the object map first");
    }

    private async Task TransferAsync(DifferenceScene scene, string name, Random random, string where)
    {
        TestImage source = await scene.OpenAsync($"{scene.Space}/{name}");
        List<SnapshotInfo> all = await scene.Snapshots.ListAsync(source.Ref, null, Cancel).Where(each => each.ChangeToken is not null).ToListAsync(Cancel); // A group's, only with librbd of Reef.
        List<byte[]> contents = [];
        foreach (SnapshotInfo each in all)
        {
            contents.Add(await RandomHistories.ReadAsync(scene.Engine, each, Cancel));
        }

        await TransferAsync(scene, [.. Enumerable.Range(0, all.Count)], all, contents, random, where);
        for (int i = 0; i < PairsPerImage && all.Count > 2; i++)
        {
            int from = random.Next(all.Count - 1), to = random.Next(from + 1, all.Count);
            await TransferAsync(scene, [from, to], all, contents, random, where);
        }
    }

    private async Task TransferAsync(DifferenceScene scene, int[] route, List<SnapshotInfo> all, List<byte[]> contents, Random random, string where)
    {
        string[] shape = random.Next(3) == 0 ? ["--stripe-unit", "16K", "--stripe-count", "3"] : [];
        TestImage ours = await scene.CreateAsync(random.Next(1, 1 << 20), ["--object-size", "64K", .. shape]), theirs = await scene.CreateAsync(1 << 20, "--object-size", "64K");
        List<(SnapshotInfo Info, byte[] Bytes)> brought = [];
        SnapshotInfo? from = null;
        foreach (int at in route)
        {
            string what = string.Create(CultureInfo.InvariantCulture, $"{where}: {from?.Ref.Name ?? "nothing"} to {all[at].Ref.Name} of {string.Join(", ", route)}");
            byte[] stream = await scene.ExportAsync(from, all[at]);
            brought.Add((await scene.ApplyAsync(stream, ours), contents[at]));
            await RequireAsync(scene, ours, brought[^1].Info, contents[at], $"{what}, by us");
            await scene.RbdAsync("import-diff", "--no-progress", await scene.FileAsync("stream", stream), theirs.Path);
            await RequireAsync(scene, theirs, await scene.Snapshots.ListAsync(theirs.Ref, null, Cancel).LastAsync(Cancel), contents[at], $"{what}, by rbd");
            from = all[at];
            _streams++;
        }

        for (int to = 1; to < brought.Count; to++)
        {
            await CompareAsync(scene, brought[to - 1], brought[to], $"{where}: the replica");
            await CompareAsync(scene, brought[random.Next(to)], brought[to], $"{where}: the replica");
        }
    }

    private async Task CompareAsync(DifferenceScene scene, (SnapshotInfo Info, byte[] Bytes) from, (SnapshotInfo Info, byte[] Bytes) to, string where)
    {
        ExtentAnswer answer = await ExtentAnswer.CollectAsync(scene.Engine.Feature<IBlockMap>()!.DeltaAsync(new DeltaQuery(from.Info.ChangeToken!, to.Info.Ref), Cancel));
        ExtentOracle.AssertRebuilds(from.Bytes, to.Bytes, answer, $"{where}, {from.Info.Ref.Name} to {to.Info.Ref.Name}, {answer.Batches[0].Mode}");
        _pairs++;
        _hybrid += answer.Batches[0].Mode == "hybrid" ? 1 : 0;
    }

    private static async Task RequireAsync(DifferenceScene scene, TestImage image, SnapshotInfo snapshot, byte[] expected, string what)
    {
        byte[] now = await image.Writer.ReadAsync(Cancel), cut = await RandomHistories.ReadAsync(scene.Engine, snapshot, Cancel);
        ExtentOracle.AssertSame(expected, now, $"{what}: the image");
        ExtentOracle.AssertSame(expected, cut, $"{what}: its snapshot");
    }
}
