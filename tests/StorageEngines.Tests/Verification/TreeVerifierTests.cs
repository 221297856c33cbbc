using StorageEngines.Testing;

namespace StorageEngines.Tests.Verification;

public sealed class TreeVerifierTests
{
    private readonly InMemoryStorageEngine _engine = new();
    private readonly InMemoryTreeVolume _tree;
    private int _next;

    public TreeVerifierTests()
    {
        _tree = _engine.CreateTreeVolume("tree");
        foreach (string directory in new[] { "d", "d/e", "x" })
        {
            _tree.CreateDirectory(P(directory));
        }

        for (int i = 0; i < 30; i++)
        {
            _tree.CreateFile(P($"{(i % 3 == 0 ? "d" : i % 3 == 1 ? "d/e" : "x")}/f{i}"), Content(i, 500 * i));
        }

        _tree.CreateHardLink(P("d/f0"), P("x/link"));
        _tree.CreateSymbolicLink(P("sym"), P("d/f3"));
    }

    [Fact]
    public async Task Unchanged_tree_is_identical_and_all_of_it_was_compared()
    {
        (SnapshotInfo from, SnapshotInfo to) = await Around(() => { });
        VerificationReport report = await SnapshotVerifier.VerifyAsync(_engine, from, to);
        Assert.True(report.Identical, report.FirstDifference);
        Assert.Equal(30, report.FilesCompared);
        Assert.Equal(to.SizeBytes, report.BytesCompared);
        Assert.Equal(0, report.ChangedBytes);
    }

    [Fact]
    public async Task Every_kind_of_change_is_replayed()
    {
        (SnapshotInfo from, SnapshotInfo to) = await Around(ChangeEverything);
        VerificationReport report = await SnapshotVerifier.VerifyAsync(_engine, from, to);
        Assert.True(report.Identical, report.FirstDifference);
    }

    [Fact]
    public async Task Every_dropped_change_is_found()
    {
        (SnapshotInfo from, SnapshotInfo to) = await Around(ChangeEverything);
        var all = new List<FileChange>();
        await SnapshotVerifier.VerifyAsync(new DistortedEngine(_engine, change => { all.Add(change); return change; }), from, to);
        Assert.True(all.Count > 10);
        foreach (FileChange dropped in all)
        {
            var broken = new DistortedEngine(_engine, change => change.Kind == dropped.Kind && change.Path == dropped.Path ? null : change);
            VerificationReport report = await SnapshotVerifier.VerifyAsync(broken, from, to);
            Assert.False(report.Identical, $"{dropped.Kind} of {dropped.Path} was not missed");
        }
    }

    [Fact]
    public async Task Dropped_extent_of_a_file_is_named_with_path_and_offset()
    {
        (SnapshotInfo from, SnapshotInfo to) = await Around(() => _tree.Write(P("x/f29"), 9000, "changed"u8));
        var broken = new DistortedEngine(_engine, change => change with { Extents = change.Extents is null ? null : [] });
        VerificationReport report = await SnapshotVerifier.VerifyAsync(broken, from, to);
        Assert.StartsWith("x/f29: byte 900", report.FirstDifference, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Path_reported_as_removed_that_is_there_is_found()
    {
        (SnapshotInfo from, SnapshotInfo to) = await Around(() => _tree.Write(P("x/f29"), 0, "changed"u8));
        var broken = new DistortedEngine(_engine, change => change.Path == P("x/f29") ? new FileChange(FileChangeKind.Removed, change.Path) : change);
        Assert.Contains("x/f29", (await SnapshotVerifier.VerifyAsync(broken, from, to)).FirstDifference, StringComparison.Ordinal);
    }

    private void ChangeEverything()
    {
        _tree.Write(P("d/f3"), 100, "new bytes"u8);
        _tree.Truncate(P("x/f5"), 10);
        _tree.Truncate(P("x/f8"), 20_000);
        _tree.PunchHole(P("x/f29"), 4096, 4096);
        _tree.Delete(P("d/f6"));
        _tree.CreateFile(P("d/f6"), "another file under the old name"u8);
        _tree.Delete(P("d/f9"));
        _tree.CreateFile(P("new"), "new"u8);
        _tree.CreateDirectory(P("newdir"));
        _tree.CreateFile(P("newdir/inside"), "new"u8);
        _tree.SetMode(P("d/f12"), 0x180);
        _tree.SetOwner(P("d/f15"), 5, 6);
        _tree.SetAttribute(P("d/f18"), "user.a", [1]);
        _tree.CreateHardLink(P("d/f21"), P("x/second"));
        _tree.Rename(P("d/f24"), P("d/f24-renamed"));
        _tree.Write(P("d/f24-renamed"), 3, "x"u8);
        _tree.Rename(P("d/e"), P("moved"));
        _tree.Rename(P("moved/f1"), P("out"));
        _tree.Delete(P("moved/f4"));
        _tree.Delete(P("sym"));
        _tree.CreateSymbolicLink(P("sym"), P("elsewhere"));
    }

    private async Task<(SnapshotInfo From, SnapshotInfo To)> Around(Action changes)
    {
        SnapshotInfo from = await Snapshot();
        changes();
        return (from, await Snapshot());
    }

    private Task<SnapshotInfo> Snapshot() => _engine.Feature<ISnapshots>()!.CreateAsync(new CreateSnapshotRequest(_tree.Ref, $"s{_next++}"));

    private static BytePath P(string path) => BytePath.FromString(path);

    private static byte[] Content(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
