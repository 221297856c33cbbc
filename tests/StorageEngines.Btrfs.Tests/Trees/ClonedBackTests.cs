using System.Text;
using StorageEngines.Btrfs.Changes;
using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Tests.Changes;
using StorageEngines.Btrfs.Trees;
using StorageEngines.BtrfsStreams;
using StorageEngines.Platform.Tests.Btrfs;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Tests.Trees;

/// <summary>Clones of old data that look unchanged: the same extent, or the same generation.</summary>
public sealed class ClonedBackTests : IDisposable
{
    private readonly BtrfsLoop _loop = BtrfsLoop.MakeOrSkip(1L << 30);
    private readonly string _volume;

    public ClonedBackTests() => _volume = _loop.MakeSubvolume("volume");

    public void Dispose() => _loop.Dispose();

    // A file that is cut keeps what lies beyond its end on the device. btrfs send itself says nothing of it (Linux 6.18).
    [Fact]
    public void The_end_of_a_file_that_was_cut_and_cloned_back_is_data()
    {
        byte[] bytes = new byte[20_000];
        new Random(1).NextBytes(bytes);
        Write("file", bytes);
        string old = Snapshot("old");
        using (var file = File.OpenHandle(Path.Combine(_volume, "file"), FileMode.Open, FileAccess.ReadWrite))
        {
            FileWriting.Truncate(file, 17_000);
        }

        string before = Snapshot("before");
        CloneBack(old, "file");
        AssertBothTell(before, Snapshot("after"), "file", bytes);
    }

    // The base's last block is cut away and becomes a hole, and the file grows over it.
    [Fact]
    public void The_block_of_the_old_end_that_became_a_hole_is_zero()
    {
        byte[] bytes = new byte[20_000];
        new Random(1).NextBytes(bytes);
        Write("file", bytes);
        string before = Snapshot("before");
        using (var file = File.OpenHandle(Path.Combine(_volume, "file"), FileMode.Open, FileAccess.ReadWrite))
        {
            FileWriting.Truncate(file, 16_384);
            FileWriting.Truncate(file, 30_000);
        }

        Array.Clear(bytes, 16_384, bytes.Length - 16_384);
        Array.Resize(ref bytes, 30_000);
        AssertBothTell(before, Snapshot("after"), "file", bytes);
    }

    // Of small files, which lie in the tree, a clone keeps the generation of its source.
    [Fact]
    public void A_small_file_is_changed_by_a_clone_of_another_one_of_its_size_and_age()
    {
        byte[] one = new byte[100], other = new byte[100];
        one.AsSpan().Fill(1);
        other.AsSpan().Fill(2);
        Write("one", one);
        Write("other", other);
        string before = Snapshot("before");
        CloneBack(_volume, "one", "other");
        AssertBothTell(before, Snapshot("after"), "one", other);
    }

    private static void AssertBothTell(string before, string after, string name, byte[] expected)
    {
        Assert.Equal(expected, File.ReadAllBytes(Path.Combine(after, name)));
        TruthTree truth = SnapshotTruth.Read(before, after);
        using BeneathRoot from = BeneathRoot.Open(Encoding.UTF8.GetBytes(before)), to = BeneathRoot.Open(Encoding.UTF8.GetBytes(after));
        using var segments = new DataSegments(to);
        var options = new ReducerOptions { States = new SegmentStates(segments), Tree = truth };
        ulong id = BtrfsControl.Details(from.Root).Id;
        using (var stream = new SendStream(new SendRequest(to.Root, id, [id], SendMode.NoFileData, SendSupport.Version), CancellationToken.None))
        using (var reducer = new ChangeReducer(options))
        {
            reducer.Read(new BtrfsSendReader(stream, "send"), CancellationToken.None);
            AssertTells(truth, before, after, name, [.. reducer.Changes(CancellationToken.None)]);
        }

        TreeConditions conditions = TreeConditions.Check(from.Root, to.Root)!;
        using TreeCompare compare = TreeCompare.TryRead(from.Root, to.Root, conditions.Since, options, always: true, CancellationToken.None)!;
        AssertTells(truth, before, after, name, [.. compare.Changes(CancellationToken.None)]);
    }

    private static void AssertTells(TruthTree truth, string before, string after, string name, List<FileChange> changes)
    {
        Assert.NotEmpty(changes.Single(change => change.Path == BytePath.FromString(name)).Extents!);
        SnapshotTruth.AssertRebuilds(truth, before, after, changes);
    }

    private void Write(string name, byte[] bytes) => File.WriteAllBytes(Path.Combine(_volume, name), bytes);

    private void CloneBack(string from, string name, string? source = null)
    {
        using var old = File.OpenHandle(Path.Combine(from, source ?? name));
        using var file = File.OpenHandle(Path.Combine(_volume, name), FileMode.Open, FileAccess.ReadWrite);
        Assert.True(Reflink.TryClone(old, file));
    }

    private string Snapshot(string name)
    {
        string path = Path.Combine(_loop.Mount, name);
        BtrfsLoop.Btrfs("subvolume", "snapshot", "-r", _volume, path);
        return path;
    }
}
