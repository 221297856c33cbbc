using System.Globalization;
using System.Text;
using StorageEngines.Btrfs.Changes;
using StorageEngines.Btrfs.Native;
using StorageEngines.BtrfsStreams;
using StorageEngines.Platform.Tests.Btrfs;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Tests.Changes;

/// <summary>
/// Random histories on a real Btrfs: what the reducer says has to turn one snapshot into the next, byte for byte. <c>SENG_HISTORIES</c> says how many (default: 3),
/// <c>SENG_FUZZ_SEED</c> the first seed, which a failure names.
/// </summary>
public sealed class HistoryTests
{
    private int _told;

    private static int Setting(string name, int otherwise) => int.Parse(Environment.GetEnvironmentVariable(name) ?? otherwise.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    [Fact]
    public void Random_histories_are_told_as_they_were()
    {
        using BtrfsLoop loop = BtrfsLoop.MakeOrSkip(1L << 30);
        int first = Setting("SENG_FUZZ_SEED", 1), count = Setting("SENG_HISTORIES", 3);
        for (int seed = first; seed < first + count; seed++)
        {
            try
            {
                One(loop, seed);
            }
            catch (Exception e)
            {
                Assert.Fail($"SENG_FUZZ_SEED={seed}: {e}");
            }
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{count} histories, {_told} changes told");
    }

    private void One(BtrfsLoop loop, int seed)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"history-{seed}"), volume = loop.MakeSubvolume(name);
        var history = new TreeHistory(volume, new Random(seed));
        history.Begin(45);
        history.Play(40);
        string before = Snapshot(loop, volume, name + ".before");
        history.Play(110);
        string after = Snapshot(loop, volume, name + ".after");
        var truth = SnapshotTruth.Read(before, after);
        using var from = DirectoryHandle.Open(Encoding.UTF8.GetBytes(before));
        using var to = DirectoryHandle.Open(Encoding.UTF8.GetBytes(after));
        ulong id = BtrfsControl.Details(from).Id;
        using BeneathRoot target = BeneathRoot.Open(Encoding.UTF8.GetBytes(after));
        using var segments = new DataSegments(target);
        foreach ((uint version, bool shares, SendMode mode) in new[] { (1u, true, SendMode.NoFileData), (SendSupport.Version, true, SendMode.NoFileData), (SendSupport.Version, false, SendMode.NoFileData), (1u, true, SendMode.None) })
        {
            using var stream = new SendStream(new SendRequest(to, id, shares ? [id] : [], mode, version), CancellationToken.None);
            using var reducer = new ChangeReducer(new ReducerOptions { Tree = truth, States = shares ? new SegmentStates(segments) : null, AsksAtOnce = seed % 2 == 0 });
            reducer.Read(new BtrfsSendReader(stream, "send"), CancellationToken.None);
            List<FileChange> changes = [.. reducer.Changes(CancellationToken.None)];
            _told += changes.Count;
            SnapshotTruth.AssertRebuilds(truth, before, after, changes);
        }

        BtrfsLoop.Btrfs("subvolume", "delete", before, after, volume);
    }

    private static string Snapshot(BtrfsLoop loop, string volume, string name)
    {
        string path = Path.Combine(loop.Mount, name);
        BtrfsLoop.Btrfs("subvolume", "snapshot", "-r", volume, path);
        return path;
    }
}
