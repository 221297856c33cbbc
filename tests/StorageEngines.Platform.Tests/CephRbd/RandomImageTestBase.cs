using StorageEngines.CephRbd;
using StorageEngines.CephRbd.Blocks;
using StorageEngines.CephRbd.Hosts;
using StorageEngines.CephRbd.Images;
using StorageEngines.Platform.Tests.Ceph;
using StorageEngines.Specification;

namespace StorageEngines.Platform.Tests.CephRbd;

/// <summary>
/// Whatever happens to images (writes, discards, zeroes, other sizes, clones, flattening, roll backs, striping, snapshots removed, groups), no pair of snapshots misses a change, in any mode; and librbd's fast-diff
/// alone does miss some, so that the rule which says when to believe it is needed.
/// </summary>
/// <param name="usualCount">How many histories there are if nobody says otherwise.</param>
public abstract class RandomImageTestBase(int usualCount)
{
    private int _pairs;
    private int _hybrid;
    private int _fromGroups;
    private int _hybridFromGroups;
    private int _proved;
    private int _plainMisses;
    private int _superfluous;

    private protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_pair_of_snapshots_misses_a_change()
    {
        CephCluster cluster = await CephCluster.GetOrSkipAsync(Cancel);
        using var histories = new RandomHistories(new CephRbdSettings { Configuration = cluster.ConfPath }, await cluster.NamespaceAsync(Cancel), usualCount);
        int played = 0;
        for (; played < histories.Count || (_proved == 0 && played < 10 * histories.Count); played++)
        {
            await CompareAsync(histories, histories.FirstSeed + played);
        }

        TestContext.Current.SendDiagnosticMessage(
            $"{played} histories from seed {histories.FirstSeed}: {_pairs} pairs of snapshots, {_hybrid} of them by the object map first, {_proved} of these by witnesses that there was no roll back; {_fromGroups} from a group's, {_hybridFromGroups} of them by the object map first; "
            + $"librbd's fast-diff alone missed changes in {_plainMisses}; exact told more than hybrid in {_superfluous}");
        Assert.True(_proved > 0, $"No witness proved anything in {_pairs} pairs from seed {histories.FirstSeed}.");
    }

    /// <summary>Makes a way to the cluster.</summary>
    private protected abstract IRbdHost MakeHost(CephRbdSettings settings);

    private protected static async Task<List<Extent>> PlainAsync(IRbdHost host, ImageKey key, string from, string to)
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
        CephRbdSettings settings = histories.Settings;
        using ImageHistory history = await histories.PlayAsync(seed, () => MakeHost(settings), Cancel);
        foreach (string image in history.Images)
        {
            await using IRbdHost host = MakeHost(settings);
            await using var hybrid = new CephRbdStorageEngine(host, DiffMode.Hybrid);
            await using var exact = new CephRbdStorageEngine(MakeHost(settings), DiffMode.Exact);
            await using var whole = new CephRbdStorageEngine(MakeHost(settings), DiffMode.WholeObject);
            VolumeInfo volume = await hybrid.ResolveVolumeAsync(BytePath.FromString($"{histories.Space}/{image}"), Cancel);
            HashSet<string> witnessed = await WitnessedAsync(host, volume);
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
                    if (states[from].Info.ChangeToken is null)
                    {
                        Assert.False(host.CanDiffFromGroups);
                        continue;
                    }

                    await CompareAsync(host, witnessed, [hybrid, exact, whole], states[from], states[to], $"seed {seed}, {image}, after {string.Join("; ", history.Log)}");
                }
            }
        }
    }

    // The snapshots of which objects are noted that prove that there was no roll back past them.
    private static async Task<HashSet<string>> WitnessedAsync(IRbdHost host, VolumeInfo volume)
    {
        Assert.True(ImageKey.TryParse(volume.Ref.Id, out ImageKey? key));
        await using IOpenImage open = (await host.OpenAsync(key, Cancel))!;
        ImageNotes notes = await open.ReadNotesAsync(Cancel);
        return [.. open.State.Snapshots.Where(each => notes.Witnesses(each) is not (null or "first")).Select(each => each.IdText)];
    }

    private async Task CompareAsync(IRbdHost host, HashSet<string> witnessed, CephRbdStorageEngine[] engines, (SnapshotInfo Info, byte[] Bytes) from, (SnapshotInfo Info, byte[] Bytes) to, string where)
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

        bool isHybrid = answers[0].Batches[0].Mode == "hybrid";
        bool isFromGroup = from.Info.GroupId is not null;
        _hybrid += isHybrid ? 1 : 0;
        _fromGroups += isFromGroup ? 1 : 0;
        _hybridFromGroups += isHybrid && isFromGroup ? 1 : 0;
        _proved += isHybrid && witnessed.Contains(from.Info.Ref.Id) ? 1 : 0;
        Assert.True(!answers[0].Extents.Subtract(answers[1].Extents).Any(), $"{what}: hybrid tells more than exact:\n{answers[0]}\n{answers[1]}");
        _superfluous += answers[1].Extents.Subtract(answers[0].Extents).Any() ? 1 : 0;
        Assert.True(ImageKey.TryParse(to.Info.Ref.Volume.Id, out ImageKey? key));
        List<Extent> plain = await PlainAsync(host, key, from.Info.Ref.Id, to.Info.Ref.Id);
        byte[] copy = from.Bytes.AsSpan(0, Math.Min(from.Bytes.Length, to.Bytes.Length)).ToArray();
        Array.Resize(ref copy, to.Bytes.Length);
        _plainMisses += ExtentOracle.Apply(copy, to.Bytes, plain).AsSpan().SequenceEqual(to.Bytes) ? 0 : 1;
    }
}
