using StorageEngines.Btrfs.Changes;
using StorageEngines.BtrfsStreams;

namespace StorageEngines.Btrfs.Tests.Changes;

public sealed class ChangeReducerTests
{
    [Fact]
    public void What_lay_in_a_removed_directory_and_is_brought_back_by_another_is_removed_and_renamed()
    {
        TruthTree truth = Tree(["a/", "a/f", "b/", "b/f", "b/g"], ["a/", "a/f", "a/g"], (to, from) => to.StartsWith('a') ? "b" + from[1..] : from);
        List<FileChange> changes = Vectors.Reduce(
            new StreamBuilder().Rename("a", "o257-1-0").Unlink("o257-1-0/f").RemoveDirectory("o257-1-0").Rename("b", "a").ToArray(), new ReducerOptions { Tree = truth });
        new ChangeReplay(truth, changes).AssertRebuilds();
        Assert.Equal(["Removed, Renamed a b", "Removed, Renamed a/f b/f"], changes.Select(change => $"{change.Kind} {change.Path} {change.OldPath}").Order());
    }

    [Theory]
    [InlineData("old/in", "Renamed new/in old/in")]
    [InlineData("new/in", "Renamed new/in old/in")]
    [InlineData("old", "Renamed new old")]
    [InlineData("new", "Renamed new old")]
    [InlineData("other", "")]
    [InlineData("new/other", "")]
    public void Under_a_directory_that_was_renamed_from_above_its_own_move_is_told(string under, string expected)
    {
        TruthTree truth = Tree(["old/", "old/in/", "old/in/f", "other"], ["new/", "new/in/", "new/in/f", "other"], (_, from) => from.Replace("new", "old", StringComparison.Ordinal));
        List<FileChange> changes = Vectors.Reduce(new StreamBuilder().Rename("old", "new").ToArray(), new ReducerOptions { Tree = truth, Under = BytePath.FromString(under) });
        Assert.Equal(expected, string.Join(", ", changes.Select(change => $"{change.Kind} {change.Path} {change.OldPath}")));
    }

    [Fact]
    public void A_clone_of_the_same_place_is_no_change_whatever_name_the_sender_uses()
    {
        TruthTree truth = Tree(["f", "g"], ["f", "g"], (_, from) => from);
        KnownEntry two = new(TreeEntryType.File, 300, 2, 100_000, 0, 0, 0, default, 0);
        foreach (string name in new[] { "f", "g" })
        {
            truth.Before[BytePath.FromString(name)] = new TruthNode(two, "1", "");
            truth.After[BytePath.FromString(name)] = new TruthNode(two, "2", "");
        }

        byte[] stream = new StreamBuilder().Clone("f", 0, 8192, "g", 0).Update("f", 8192, 4096).Clone("f", 12288, 4096, "f", 12288).Clone("f", 16384, 4096, "f", 0).Times("f").ToArray();
        List<FileChange> changes = Vectors.Reduce(stream, new ReducerOptions { Tree = truth });
        Assert.Equal(["f: [8192, 12288) Data [16384, 20480) Data", "g: [8192, 12288) Data [16384, 20480) Data"], changes.Select(change => $"{change.Path}: {string.Join(' ', change.Extents!)}").Order());
    }

    [Fact]
    public void What_was_cut_and_shared_again_is_what_it_was()
    {
        TruthTree truth = Tree(["f"], ["f"], (_, from) => from);
        SetSizes(truth, "f", 40_000, 50_000);
        byte[] stream = new StreamBuilder().Update("f", 30_000, 10_000).Truncate("f", 8192).Clone("f", 8192, 8192, "f", 8192).Truncate("f", 50_000).Times("f").ToArray();
        FileChange change = Assert.Single(Vectors.Reduce(stream, new ReducerOptions { Tree = truth }));
        Assert.Equal("[16384, 50000) Zero", string.Join(' ', change.Extents!));
    }

    [Theory]
    [InlineData(2, true)]
    [InlineData(1, false)]
    [InlineData(0, false)]
    public void More_extents_than_asked_for_are_null(int most, bool fits)
    {
        TruthTree truth = Tree(["f"], ["f"], (_, from) => from);
        SetSizes(truth, "f", 100_000, 100_000);
        byte[] stream = new StreamBuilder().Update("f", 0, 4096).Update("f", 8192, 4096).Times("f").ToArray();
        FileChange change = Assert.Single(Vectors.Reduce(stream, new ReducerOptions { Tree = truth, MaxExtentsPerFile = most }));
        Assert.Equal(fits, change.Extents is not null);
        Assert.True(change.Kind.HasFlag(FileChangeKind.Content));
    }

    [Fact]
    public void A_directory_cannot_be_moved_below_itself()
        => Assert.Throws<CorruptDataException>(() => Vectors.Reduce(new StreamBuilder().Rename("a/b", "c").Rename("a", "c/d").Rename("c", "c/d/e").ToArray(), new ReducerOptions()));

    [Fact]
    public void A_command_costs_no_allocation()
    {
        long few = Allocated(1000), many = Allocated(100_000);
        Assert.True(many - few < 32 << 10, $"{few} bytes for 1,000 commands, {many} for 100,000");
    }

    private static long Allocated(int commands)
    {
        var builder = new StreamBuilder();
        for (int i = 0; i < commands; i++)
        {
            builder.Update("directory/a file", i * 4096L, 4096);
        }

        var reader = new BtrfsSendReader(new MemoryStream(builder.Times("directory/a file").ToArray()), "stream");
        using var reducer = new ChangeReducer(new ReducerOptions());
        long before = GC.GetAllocatedBytesForCurrentThread();
        reducer.Read(reader, CancellationToken.None);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static void SetSizes(TruthTree truth, string path, long before, long after)
    {
        BytePath name = BytePath.FromString(path);
        truth.Before[name] = new TruthNode(truth.Before[name].Known with { SizeBytes = before }, "1", "");
        truth.After[name] = new TruthNode(truth.After[name].Known with { SizeBytes = after }, "2", "");
    }

    // Two trees by their paths; a path with a slash at its end is a directory. Each entry of the target is that of the base which "origin" says.
    private static TruthTree Tree(string[] before, string[] after, Func<string, string, string> origin)
    {
        SortedDictionary<BytePath, TruthNode> Side(string[] paths, bool isTarget)
        {
            SortedDictionary<BytePath, TruthNode> side = [];
            foreach (string path in paths)
            {
                string from = isTarget ? origin(path, path) : path;
                ulong inode = 257 + (ulong)Math.Max(0, Array.IndexOf(before, from));
                bool isDirectory = path.EndsWith('/');
                side.Add(BytePath.FromString(path.TrimEnd('/')), new TruthNode(new KnownEntry(isDirectory ? TreeEntryType.Directory : TreeEntryType.File, inode, 1, 0, 0, 0, 0, default, 0), isDirectory ? "" : from, ""));
            }

            side.Add(BytePath.Root, new TruthNode(new KnownEntry(TreeEntryType.Directory, 256, 1, 0, 0, 0, 0, default, 0), "", ""));
            return side;
        }

        return new TruthTree(Side(before, false), Side(after, true));
    }
}
