using System.Diagnostics;
using StorageEngines.Btrfs;

namespace StorageEngines.Platform.Tests.Btrfs.Tough;

/// <summary>What stands in the way of a roll back or of a deletion, and what is told.</summary>
public sealed class RollbackTests : IAsyncLifetime
{
    private Stage _stage = null!;
    private SnapshotInfo _one = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _stage = await Stage.MakeAsync();
        _stage.Write("file", "one");
        _one = await _stage.CreateAsync("one");
        _stage.Write("file", "two");
    }

    public ValueTask DisposeAsync() => _stage.DisposeAsync();

    [Fact]
    public async Task Who_has_files_open_is_told()
    {
        using Process process = Process.Start(new ProcessStartInfo("sleep", "600") { WorkingDirectory = _stage.Path })!;
        try
        {
            List<string> told = await RollBackAsync(_stage.Engine, _one.Ref);
            string warning = Assert.Single(told, text => text.StartsWith("warning:", StringComparison.Ordinal));
            Assert.Contains($"sleep ({process.Id})", warning, StringComparison.Ordinal);
            Assert.Equal("one", await File.ReadAllTextAsync(_stage.At("file"), Cancel));
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(Cancel);
        }

        Assert.DoesNotContain(await RollBackAsync(_stage.Engine, _one.Ref), text => text.StartsWith("warning:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_default_subvolume_is_refused_and_stays_as_it_is()
    {
        string id = BtrfsLoop.Btrfs("inspect-internal", "rootid", _stage.Path).Trim();
        BtrfsLoop.Btrfs("subvolume", "set-default", id, _stage.System.Mount);
        SnapshotInUseException failure = await Assert.ThrowsAsync<SnapshotInUseException>(() => RollBackAsync(_stage.Engine, _one.Ref));
        Assert.Contains("set-default", failure.Message, StringComparison.Ordinal);
        Assert.Equal("two", await File.ReadAllTextAsync(_stage.At("file"), Cancel));
        Assert.Equal(id, BtrfsLoop.Btrfs("inspect-internal", "rootid", _stage.Path).Trim());
        Assert.Equal(["one"], await _stage.NamesAsync());
        Assert.Empty(_stage.Leftovers());
    }

    [Fact]
    public async Task A_volume_that_was_made_read_only_is_put_back_and_can_be_written_to()
    {
        BtrfsLoop.Btrfs("property", "set", "-ts", _stage.Path, "ro", "true");
        await RollBackAsync(_stage.Engine, _one.Ref);
        _stage.Write("new", "x");
        Assert.Equal("one", await File.ReadAllTextAsync(_stage.At("file"), Cancel));
        Assert.Empty(_stage.Leftovers());
    }

    [Fact]
    public async Task The_safety_snapshot_comes_first_and_stays_when_the_roll_back_is_refused_later()
    {
        BtrfsLoop.Btrfs("subvolume", "set-default", BtrfsLoop.Btrfs("inspect-internal", "rootid", _stage.Path).Trim(), _stage.System.Mount);
        await Assert.ThrowsAsync<SnapshotInUseException>(() => _stage.Snapshots.RollbackAsync(_one.Ref, new RollbackOptions(false, "safety"), Cancel));
        Assert.Equal(["one", "safety"], await _stage.NamesAsync());
        Assert.Equal("two", await File.ReadAllTextAsync(Path.Combine(_stage.HomeOf("safety"), "data/file"), Cancel));
        Assert.Equal("two", await File.ReadAllTextAsync(_stage.At("file"), Cancel));
    }

    [Fact]
    public async Task A_mount_of_the_subvolume_elsewhere_is_named()
    {
        string point = Directory.CreateDirectory(Path.Combine(_stage.System.Mount, "..", "other point")).FullName;
        string device = BtrfsLoop.Run("findmnt", "-n", "-o", "SOURCE", _stage.System.Mount).Text.Trim();
        Assert.Equal(0, BtrfsLoop.Run("mount", "-o", "subvol=seng-test-volume", device, point).Exit);
        try
        {
            SnapshotInUseException failure = await Assert.ThrowsAsync<SnapshotInUseException>(() => RollBackAsync(_stage.Engine, _one.Ref));
            Assert.Equal([Path.GetFullPath(point)], failure.Blockers);
        }
        finally
        {
            Assert.Equal(0, BtrfsLoop.Run("umount", point).Exit);
        }

        await RollBackAsync(_stage.Engine, _one.Ref);
    }

    [Fact]
    public async Task A_clone_with_a_subvolume_in_it_is_not_put_back_and_its_source_can_be_deleted()
    {
        string path = Path.Combine(_stage.System.Mount, "seng-test-clone");
        VolumeInfo clone = await _stage.Snapshots.CloneAsync(_one.Ref, BytePath.FromString(path), null, Cancel);
        BtrfsLoop.Btrfs("subvolume", "create", Path.Combine(path, "nested"));
        SnapshotInfo own = await _stage.Snapshots.CreateAsync(new CreateSnapshotRequest(clone.Ref, "own"), Cancel);
        Assert.Contains("nested", Assert.Single(own.Warnings), StringComparison.Ordinal);
        await _stage.DeleteAsync(_one);
        SnapshotInUseException failure = await Assert.ThrowsAsync<SnapshotInUseException>(() => RollBackAsync(_stage.Engine, own.Ref));
        Assert.Equal(["nested"], failure.Blockers);
        Assert.True(Directory.Exists(Path.Combine(path, "nested")));
        Assert.Equal("one", await File.ReadAllTextAsync(Path.Combine(path, "file"), Cancel));
    }

    [Fact]
    public async Task A_volume_that_was_rolled_back_is_found_by_its_id_in_a_later_process()
    {
        await RollBackAsync(_stage.Engine, _one.Ref);
        await using var later = new BtrfsStorageEngine(null);
        SnapshotInfo next = await later.Feature<ISnapshots>()!.CreateAsync(new CreateSnapshotRequest(_stage.Volume.Ref, "next"), Cancel);
        Assert.Equal("one", await File.ReadAllTextAsync(Path.Combine(_stage.HomeOf("next"), "data/file"), Cancel));
        Assert.Equal(_stage.Volume.Ref, next.Ref.Volume);
        Assert.Contains(_stage.Volume.Ref, await later.ListVolumesAsync(Cancel).Select(each => each.Ref).ToListAsync(Cancel));
    }

    [Fact]
    public async Task A_snapshot_that_another_program_sends_cannot_be_deleted()
    {
        _stage.MakeMany("link");
        SnapshotInfo big = await _stage.CreateAsync("big");
        using Process send = Process.Start(new ProcessStartInfo("btrfs", ["send", "-q", Path.Combine(_stage.HomeOf("big"), "data")]) { RedirectStandardOutput = true })!;
        _ = await send.StandardOutput.BaseStream.ReadAsync(new byte[1], Cancel); // The rest does not fit the pipe, so that it goes on until it is read.
        SnapshotInUseException failure = await Assert.ThrowsAsync<SnapshotInUseException>(() => _stage.DeleteAsync(big));
        Assert.Equal(EngineReason.SnapshotBusy, failure.Reason);
        Assert.Contains("being sent", failure.Message, StringComparison.Ordinal);
        send.Kill();
        await send.WaitForExitAsync(Cancel);
        await _stage.DeleteAsync(big);
        Assert.Empty(_stage.Leftovers());
    }

    private static async Task<List<string>> RollBackAsync(BtrfsStorageEngine engine, SnapshotRef snapshot)
    {
        var told = new Told();
        await engine.Feature<ISnapshots>()!.RollbackAsync(snapshot, new RollbackOptions { Progress = told }, Cancel);
        return told.Phases;
    }

    private sealed class Told : IProgress<OperationProgress>
    {
        internal List<string> Phases { get; } = [];

        public void Report(OperationProgress value) => Phases.Add(value.Phase);
    }
}
