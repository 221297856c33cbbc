using System.Text;
using StorageEngines.Btrfs.Changes;
using StorageEngines.Btrfs.Native;
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
        using BeneathRoot from = BeneathRoot.Open(Encoding.UTF8.GetBytes(before)), to = BeneathRoot.Open(Encoding.UTF8.GetBytes(after));
        using var segments = new DataSegments(to);
        var options = new ReducerOptions { States = new Holes(segments), Tree = new Walked(from, to) };
        ulong id = BtrfsControl.Details(from.Root).Id;
        using (var stream = new SendStream(new SendRequest(to.Root, id, [id], SendMode.NoFileData, SendSupport.Version), CancellationToken.None))
        using (var reducer = new ChangeReducer(options))
        {
            reducer.Read(new BtrfsSendReader(stream, "send"), CancellationToken.None);
            Assert.Equal(expected, Rebuild(before, name, expected, reducer.Changes(CancellationToken.None)));
        }

        TreeConditions conditions = TreeConditions.Check(from.Root, to.Root)!;
        using TreeCompare compare = TreeCompare.TryRead(from.Root, to.Root, conditions.Since, options, always: true, CancellationToken.None)!;
        Assert.Equal(expected, Rebuild(before, name, expected, compare.Changes(CancellationToken.None)));
    }

    private static byte[] Rebuild(string before, string name, byte[] target, IEnumerable<FileChange> changes)
    {
        byte[] bytes = File.ReadAllBytes(Path.Combine(before, name));
        Array.Resize(ref bytes, target.Length);
        foreach (Extent extent in changes.Single(change => change.Path == BytePath.FromString(name)).Extents!)
        {
            Assert.True(extent.State == ExtentState.Data || !target.AsSpan((int)extent.Offset, (int)extent.Length).ContainsAnyExcept((byte)0));
            target.AsSpan((int)extent.Offset, (int)extent.Length).CopyTo(bytes.AsSpan((int)extent.Offset));
        }

        return bytes;
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

    private sealed class Holes(DataSegments segments) : IExtentStates
    {
        public bool TryReadData(BytePath path, Extent range, List<Extent> data)
        {
            segments.Read(path, range, data);
            return true;
        }
    }

    private sealed class Walked(BeneathRoot from, BeneathRoot to) : IBaseTree
    {
        public KnownEntry? InBase(BytePath path) => Look(from, path);

        public KnownEntry? InTarget(BytePath path) => Look(to, path);

        public IReadOnlyList<BytePath> NamesInBase(ulong inode) => InodePaths.Read(from.Root, inode);

        public IReadOnlyList<BytePath> NamesInTarget(ulong inode) => InodePaths.Read(to.Root, inode);

        private static KnownEntry? Look(BeneathRoot root, BytePath path) => root.TryGetStatus(path.Span, out FileStatus status)
            ? new KnownEntry(
                (TreeEntryType)((int)status.Type >> 12), status.Inode, status.IsDirectory ? 1 : status.LinkCount, status.Size, status.Mode, status.UserId, status.GroupId,
                new UnixTime(status.ModificationTime.Seconds, status.ModificationTime.Nanoseconds), 0)
            : null;
    }
}
