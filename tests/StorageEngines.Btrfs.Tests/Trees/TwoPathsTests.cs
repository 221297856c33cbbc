using System.Globalization;
using System.Text;
using StorageEngines.Btrfs.Changes;
using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Tests.Changes;
using StorageEngines.Btrfs.Trees;
using StorageEngines.BtrfsStreams;
using StorageEngines.Platform.Tests.Btrfs;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Tests.Trees;

/// <summary>
/// Random histories of a subvolume on a real Btrfs with snapshots, roll backs, balances, received copies, reflinks of old data and dedupe: for pairs of snapshots both ways
/// to a difference have to turn one into the other, byte for byte. The truth is a walk over both. <c>SENG_HISTORIES</c> says how many (default: 3), <c>SENG_FUZZ_SEED</c> the first seed,
/// which a failure names.
/// </summary>
public sealed class TwoPathsTests
{
    private int _bySend;
    private int _byTrees;
    private int _told;
    private int _files;

    private static int Setting(string name, int otherwise) => int.Parse(Environment.GetEnvironmentVariable(name) ?? otherwise.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    [Fact]
    public void Both_ways_tell_random_histories_as_they_were()
    {
        using BtrfsLoop loop = BtrfsLoop.MakeOrSkip(3L << 30);
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

        Assert.True(_byTrees > 0 && _bySend > 0);
        TestContext.Current.TestOutputHelper!.WriteLine($"{count} histories: {_bySend} comparisons by send, {_byTrees} by the trees, {_told} changes told, {_files} single files compared");
    }

    private void One(BtrfsLoop loop, int seed)
    {
        using var history = new SubvolumeHistory(loop, seed);
        history.Play();
        foreach ((string before, string after, bool isPlain) in history.Pairs())
        {
            Compare(before, after, isPlain, seed);
        }
    }

    private void Compare(string before, string after, bool isPlain, int seed)
    {
        var truth = SnapshotTruth.Read(before, after);
        using BeneathRoot from = BeneathRoot.Open(Encoding.UTF8.GetBytes(before)), to = BeneathRoot.Open(Encoding.UTF8.GetBytes(after));
        using var segments = new DataSegments(to);
        var options = new ReducerOptions { Tree = truth, States = new SegmentStates(segments), MaxExtentsPerFile = 1 << 20, AsksAtOnce = seed % 4 > 1 };
        ulong id = BtrfsControl.Details(from.Root).Id;
        using (var stream = new SendStream(new SendRequest(to.Root, id, seed % 2 == 0 ? [id] : [], SendMode.NoFileData, SendSupport.Version), CancellationToken.None))
        using (var reducer = new ChangeReducer(options))
        {
            reducer.Read(new BtrfsSendReader(stream, "send"), CancellationToken.None);
            Check(truth, before, after, [.. reducer.Changes(CancellationToken.None)]);
            _bySend++;
        }

        TreeConditions? conditions = TreeConditions.Check(from.Root, to.Root);
        Assert.Equal(isPlain, conditions is not null);
        if (conditions is not null)
        {
            using TreeCompare compare = TreeCompare.TryRead(from.Root, to.Root, conditions.Since, options, always: true, CancellationToken.None)!;
            Assert.True(conditions.StillHold());
            Check(truth, before, after, [.. compare.Changes(CancellationToken.None)]);
            _byTrees++;
            SingleFiles(truth, before, after, from.Root, to.Root, conditions.Since, options.States);
        }
    }

    private void SingleFiles(TruthTree truth, string before, string after, DirectoryHandle from, DirectoryHandle to, ulong since, IExtentStates states)
    {
        foreach ((BytePath path, TruthNode now) in truth.After)
        {
            if (now.Known.Type == TreeEntryType.File && truth.InBase(path) is { Type: TreeEntryType.File } old && old.Inode == now.Known.Inode)
            {
                using TreeFileDelta? delta = TreeFileDelta.TryRead(from, to, since, old.Inode, always: true, CancellationToken.None);
                if (delta is not null)
                {
                    Extent[] extents = [.. delta.Extents(new ExtentMaker(states), path)];
                    SnapshotTruth.AssertBytes(before, after, new FileChange(FileChangeKind.Content, path) { Extents = extents });
                    _files++;
                }
            }
        }
    }

    private void Check(TruthTree truth, string before, string after, List<FileChange> changes)
    {
        _told += changes.Count;
        SnapshotTruth.AssertRebuilds(truth, before, after, changes);
    }
}
