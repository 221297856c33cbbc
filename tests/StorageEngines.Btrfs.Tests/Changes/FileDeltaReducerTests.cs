using StorageEngines.Btrfs.Changes;
using StorageEngines.BtrfsStreams;

namespace StorageEngines.Btrfs.Tests.Changes;

public sealed class FileDeltaReducerTests
{
    public static TheoryData<string, string> Differences() => VectorReducerTests.Differences();

    [Theory]
    [MemberData(nameof(Differences))]
    public void One_file_has_the_extents_it_has_among_all(string name, string file)
    {
        TruthTree truth = TruthTree.Load(name);
        byte[] stream = Vectors.Read(name, file);
        Dictionary<BytePath, FileChange> changes = Vectors.Reduce(stream, new ReducerOptions { Tree = truth }).ToDictionary(change => change.Path);
        foreach ((BytePath path, TruthNode node) in truth.After.Where(pair => pair.Value.Known.Type == TreeEntryType.File))
        {
            FileChange? change = changes.GetValueOrDefault(path);
            BytePath old = change?.OldPath ?? path;
            if (truth.Before.GetValueOrDefault(old)?.Known.Type != TreeEntryType.File)
            {
                continue;
            }

            using var reducer = new FileDeltaReducer(old, path, truth, null, Path.GetTempPath());
            reducer.Read(new BtrfsSendReader(new MemoryStream(stream), "stream"), CancellationToken.None);
            bool isOther = change?.Kind.HasFlag(FileChangeKind.Added) ?? truth.Before[old].Known.Inode != node.Known.Inode;
            Assert.Equal(isOther, reducer.IsWhole);
            Extent[] whole = node.Known.SizeBytes > 0 ? [new Extent(0, node.Known.SizeBytes)] : [];
            Assert.Equal(isOther ? whole : change?.Extents ?? [], reducer.Extents());
        }
    }

    [Theory]
    [InlineData("incr.nodata-v1.send", "p", true, "[8192, 20480) Zero")]
    [InlineData("incr.nodata-v1.send", "p", false, "[8192, 20480) Data")]
    [InlineData("incr.nodata-v1.send", "prew", true, "[4096, 12288) Zero, [12288, 16384) Data, [16384, 36864) Zero")]
    [InlineData("incr.nodata-v2.send", "prew", true, "[4096, 12288) Zero, [12288, 16384) Data, [16384, 36864) Zero")]
    [InlineData("incr.nodata-v2.send", "p", false, "[8192, 20480) Zero")]
    [InlineData("incr.nodata-v2.send", "all", false, "[0, 8192) Zero")]
    [InlineData("incr.nodata-v2.send", "un", false, "[0, 4096) Data, [4096, 8192) Zero, [8192, 12288) Data")]
    public void Holes_are_told_from_data(string file, string path, bool asks, string expected)
    {
        TruthTree truth = TruthTree.Load("sparse");
        BytePath name = BytePath.FromString(path);
        using var reducer = new FileDeltaReducer(name, name, truth, asks ? new OneBlockOfData(12288, 16384) : null, Path.GetTempPath());
        reducer.Read(new BtrfsSendReader(new MemoryStream(Vectors.Read("sparse", file)), "stream"), CancellationToken.None);
        Assert.Equal(expected, string.Join(", ", reducer.Extents()));
    }

    [Fact]
    public void A_path_that_is_no_file_is_refused()
    {
        TruthTree truth = TruthTree.Load("sparse");
        Assert.Throws<ArgumentException>(() => new FileDeltaReducer(BytePath.Root, BytePath.Root, truth, null, Path.GetTempPath()));
    }

    // Stands in for a file system that is asked where a file has data.
    private sealed class OneBlockOfData(long start, long end) : IExtentStates
    {
        public bool TryReadData(BytePath path, Extent range, List<Extent> data)
        {
            data.Clear();
            if (path == BytePath.FromString("prew") && range.Offset < end && range.End > start)
            {
                data.Add(Extent.FromBounds(Math.Max(start, range.Offset), Math.Min(end, range.End)));
            }

            return true;
        }
    }
}
