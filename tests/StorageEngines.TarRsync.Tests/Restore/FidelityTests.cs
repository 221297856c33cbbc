using System.Text;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Tests.Capture;

namespace StorageEngines.TarRsync.Tests.Restore;

public sealed class FidelityTests : IDisposable
{
    private readonly EngineScratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task A_clone_equals_the_live_tree_in_data_and_every_attribute()
    {
        RichTree.Make(_scratch.Live);

        SnapshotInfo snapshot = await _scratch.SnapshotAsync("s1");
        string clone = await _scratch.CloneAsync(snapshot, "clone");

        EngineScratch.AssertSame(_scratch.Live, clone);
        Assert.Equal(Consistency.PerFile, snapshot.Consistency);
        Assert.Empty(snapshot.Warnings);
    }

    [Fact]
    public async Task Holes_stay_holes()
    {
        RichTree.Make(_scratch.Live);

        string clone = await _scratch.CloneAsync(await _scratch.SnapshotAsync("s1"), "clone");

        FileStatus sparse = FileStatus.GetPath(Encoding.UTF8.GetBytes(clone + "/sparse"));
        Assert.Equal(1L << 25, sparse.Size);
        Assert.InRange(sparse.Blocks * 512, 1UL, 1UL << 20);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task A_roll_back_makes_the_live_tree_equal_to_the_snapshot(int seed)
    {
        RichTree.Make(_scratch.Live);
        SnapshotInfo snapshot = await _scratch.SnapshotAsync("s1");
        string expected = await _scratch.CloneAsync(snapshot, "clone");
        RichTree.Disturb(_scratch.Live, seed);

        await _scratch.Snapshots.RollbackAsync(snapshot.Ref, new RollbackOptions(SafetySnapshotName: "safety"));

        EngineScratch.AssertSame(expected, _scratch.Live);
        SnapshotInfo next = await _scratch.SnapshotAsync("s2");
        Assert.Equal(snapshot.Ref.Id, next.ParentId);
    }

    [Fact]
    public async Task The_safety_snapshot_holds_what_the_roll_back_took_away()
    {
        RichTree.Make(_scratch.Live);
        SnapshotInfo snapshot = await _scratch.SnapshotAsync("s1");
        RichTree.Disturb(_scratch.Live, 9);
        string before = await _scratch.CloneAsync(await _scratch.SnapshotAsync("s2"), "before");

        await _scratch.Snapshots.RollbackAsync(snapshot.Ref, new RollbackOptions(SafetySnapshotName: "safety"));

        SnapshotInfo safety = await _scratch.Snapshots.ListAsync(snapshot.Ref.Volume, "safety").SingleAsync();
        EngineScratch.AssertSame(before, await _scratch.CloneAsync(safety, "safety"));
    }

    [Fact]
    public async Task A_roll_back_does_not_touch_what_is_equal()
    {
        _scratch.Write("same", "as ever");
        _scratch.Write("other", "before");
        SnapshotInfo snapshot = await _scratch.SnapshotAsync("s1");
        FileStatus before = FileStatus.GetPath(Encoding.UTF8.GetBytes(_scratch.At("same")));
        _scratch.Write("other", "after");

        await _scratch.Snapshots.RollbackAsync(snapshot.Ref, new RollbackOptions());

        FileStatus after = FileStatus.GetPath(Encoding.UTF8.GetBytes(_scratch.At("same")));
        Assert.Equal(before.ChangeTime, after.ChangeTime);
        Assert.Equal("before", File.ReadAllText(_scratch.At("other")));
    }
}
