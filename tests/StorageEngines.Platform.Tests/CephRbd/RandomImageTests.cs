using StorageEngines.CephRbd;
using StorageEngines.CephRbd.Blocks;
using StorageEngines.CephRbd.Hosts;
using StorageEngines.CephRbd.Hosts.Native;
using StorageEngines.CephRbd.Images;
using StorageEngines.Platform.Tests.Ceph;
using StorageEngines.Specification;

namespace StorageEngines.Platform.Tests.CephRbd;

/// <summary>
/// Whatever happens to images (writes, discards, zeroes, other sizes, clones, flattening, roll backs, striping, snapshots removed), no pair of snapshots misses a change, in any mode; and librbd's fast-diff
/// alone does miss some, so that the rule which says when to believe it is needed.
/// </summary>
public sealed class RandomImageTests
{
    private const int UsualCount = 20;

    private int _pairs;
    private int _hybrid;
    private int _plainMisses;
    private int _superfluous;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_pair_of_snapshots_misses_a_change()
    {
        CephCluster cluster = await CephCluster.GetOrSkipAsync(Cancel);
        using var histories = new RandomHistories(new CephRbdSettings { Configuration = cluster.ConfPath }, await cluster.NamespaceAsync(Cancel), UsualCount);
        foreach (int seed in histories.Seeds)
        {
            await CompareAsync(histories, seed);
        }

        TestContext.Current.SendDiagnosticMessage(
            $"{histories}: {_pairs} pairs of snapshots, {_hybrid} of them by the object map first; librbd's fast-diff alone missed changes in {_plainMisses}; exact told more than hybrid in {_superfluous}");
    }

    /// <summary>Data beyond the size of a snapshot in between, then the old size again: what was there is gone, and fast-diff does not say so.</summary>
    [Fact]
    public async Task Fast_diff_alone_misses_what_a_smaller_snapshot_in_between_cut_off()
    {
        CephCluster cluster = await CephCluster.GetOrSkipAsync(Cancel);
        string path = $"{await cluster.NamespaceAsync(Cancel)}/cut";
        await cluster.RunAsync("rbd", ["create", "--size", "32M", path], Cancel);
        var settings = new CephRbdSettings { Configuration = cluster.ConfPath };
        await using var host = new NativeRbdHost(settings);
        await using var engine = new CephRbdStorageEngine(host, DiffMode.Hybrid);
        VolumeInfo volume = await engine.ResolveVolumeAsync(BytePath.FromString(path), Cancel);
        Assert.True(ImageKey.TryParse(volume.Ref.Id, out ImageKey? key));
        var writer = new ImageWriter(settings, key);
        ISnapshots snapshots = engine.Feature<ISnapshots>()!;
        await writer.WriteAsync(20 << 20, new byte[] { 1 }, Cancel);
        await writer.WriteAsync(30 << 20, new byte[] { 1 }, Cancel);
        SnapshotInfo before = await snapshots.CreateAsync(new CreateSnapshotRequest(volume.Ref, "a"), Cancel);
        await writer.ResizeAsync(10 << 20, Cancel);
        await snapshots.CreateAsync(new CreateSnapshotRequest(volume.Ref, "b"), Cancel);
        await writer.ResizeAsync(32 << 20, Cancel);
        SnapshotInfo after = await snapshots.CreateAsync(new CreateSnapshotRequest(volume.Ref, "c"), Cancel);

        Assert.False(Covers(await PlainAsync(host, key, before.Ref.Id, after.Ref.Id), 20 << 20), "fast-diff alone is right now: the rule may be loosened for this release of librbd");
        ExtentAnswer answer = await ExtentAnswer.CollectAsync(engine.Feature<IBlockMap>()!.DeltaAsync(new DeltaQuery(before.ChangeToken!, after.Ref), Cancel));
        Assert.Equal("exact", answer.Batches[0].Mode);
        Assert.True(Covers(answer.Extents, 20 << 20) && Covers(answer.Extents, 30 << 20), $"{answer}");
    }

    private static bool Covers(IReadOnlyList<Extent> extents, long offset) => extents.Any(each => each.Offset <= offset && each.End > offset);

    private static async Task<List<Extent>> PlainAsync(NativeRbdHost host, ImageKey key, string from, string to)
    {
        await using IOpenImage open = (await host.OpenAsync(key, Cancel))!;
        var shaper = new ExtentShaper(open.State.Image.PeriodBytes, open.State.Find(from)!.SizeBytes, open.State.Find(to)!.SizeBytes, keepsZeroes: true);
        List<Extent> extents = [];
        await foreach (IReadOnlyList<RawExtent> some in open.DiffAsync(new DiffRequest(open.State.Find(from), open.State.Find(to)!, DiffMode.WholeObject, 0), Cancel))
        {
            extents.AddRange(shaper.Add(some));
        }

        extents.AddRange(shaper.End());
        return extents;
    }

    private async Task CompareAsync(RandomHistories histories, int seed)
    {
        using ImageHistory history = await histories.PlayAsync(seed, Cancel);
        CephRbdSettings settings = histories.Settings;
        foreach (string image in history.Images)
        {
            await using var host = new NativeRbdHost(settings);
            await using var hybrid = new CephRbdStorageEngine(host, DiffMode.Hybrid);
            await using var exact = new CephRbdStorageEngine(new NativeRbdHost(settings), DiffMode.Exact);
            await using var whole = new CephRbdStorageEngine(new NativeRbdHost(settings), DiffMode.WholeObject);
            VolumeInfo volume = await hybrid.ResolveVolumeAsync(BytePath.FromString($"{histories.Space}/{image}"), Cancel);
            List<(SnapshotInfo Info, byte[] Bytes)> states = [];
            await foreach (SnapshotInfo each in hybrid.Feature<ISnapshots>()!.ListAsync(volume.Ref, null, Cancel))
            {
                states.Add((each, await RandomHistories.ReadAsync(hybrid, each, Cancel)));
            }

            for (int to = 0; to < states.Count; to++)
            {
                foreach (CephRbdStorageEngine engine in new[] { hybrid, exact, whole })
                {
                    ExtentOracle.AssertAllocated(states[to].Bytes, await ExtentAnswer.CollectAsync(engine.Feature<IBlockMap>()!.AllocatedAsync(new AllocatedQuery(states[to].Info.Ref), Cancel)));
                }

                for (int from = 0; from < to; from++)
                {
                    await CompareAsync(host, [hybrid, exact, whole], states[from], states[to], $"seed {seed}, {image}, after {string.Join("; ", history.Log)}");
                }
            }
        }
    }

    private async Task CompareAsync(NativeRbdHost host, CephRbdStorageEngine[] engines, (SnapshotInfo Info, byte[] Bytes) from, (SnapshotInfo Info, byte[] Bytes) to, string where)
    {
        _pairs++;
        string what = $"{where}: {from.Info.Ref.Name} to {to.Info.Ref.Name}";
        List<ExtentAnswer> answers = [];
        foreach (CephRbdStorageEngine engine in engines)
        {
            ExtentAnswer answer = await ExtentAnswer.CollectAsync(engine.Feature<IBlockMap>()!.DeltaAsync(new DeltaQuery(from.Info.ChangeToken!, to.Info.Ref), Cancel));
            ExtentOracle.AssertWellFormed(answer);
            ExtentOracle.AssertRebuilds(from.Bytes, to.Bytes, answer, $"{what}, {answer.Batches[0].Mode}");
            ExtentOracle.AssertZeroesAreZero(to.Bytes, answer);
            answers.Add(answer);
        }

        _hybrid += answers[0].Batches[0].Mode == "hybrid" ? 1 : 0;
        Assert.True(!answers[0].Extents.Subtract(answers[1].Extents).Any(), $"{what}: hybrid tells more than exact:\n{answers[0]}\n{answers[1]}");
        _superfluous += answers[1].Extents.Subtract(answers[0].Extents).Any() ? 1 : 0;
        Assert.True(ImageKey.TryParse(to.Info.Ref.Volume.Id, out ImageKey? key));
        List<Extent> plain = await PlainAsync(host, key, from.Info.Ref.Id, to.Info.Ref.Id);
        byte[] copy = from.Bytes.AsSpan(0, Math.Min(from.Bytes.Length, to.Bytes.Length)).ToArray();
        Array.Resize(ref copy, to.Bytes.Length);
        _plainMisses += ExtentOracle.Apply(copy, to.Bytes, plain).AsSpan().SequenceEqual(to.Bytes) ? 0 : 1;
    }
}
