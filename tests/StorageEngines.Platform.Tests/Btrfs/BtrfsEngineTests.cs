using System.Diagnostics;
using StorageEngines.Btrfs;
using StorageEngines.Platform.Tests.Btrfs.Tough;

namespace StorageEngines.Platform.Tests.Btrfs;

/// <summary>What the laws do not ask: foreign snapshots, nested subvolumes, leftovers, names that are no text.</summary>
public sealed class BtrfsEngineTests : IAsyncLifetime
{
    private Stage _stage = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _stage = await Stage.MakeAsync();

    public ValueTask DisposeAsync() => _stage.DisposeAsync();

    [Fact]
    public async Task Snapshots_made_by_others_are_listed_compared_and_deleted_by_id()
    {
        _stage.Write("file", "one");
        BtrfsLoop.Btrfs("subvolume", "snapshot", "-r", _stage.Path, Path.Combine(_stage.System.Mount, "by hand"));
        _stage.Write("file", "two");
        SnapshotInfo own = await _stage.CreateAsync("own");
        List<SnapshotInfo> all = await _stage.ListAsync();
        Assert.Equal(["by hand", "own"], all.Select(each => each.Ref.Name));
        FileChange change = Assert.Single(await _stage.DiffAsync(all[0], own));
        Assert.Equal("file", change.Path.ToString());
        await _stage.Snapshots.DeleteAsync(all[0].Ref, DeleteMode.Everything, Cancel);
        Assert.False(Directory.Exists(Path.Combine(_stage.System.Mount, "by hand")));
        Assert.Equal(own.Ref, Assert.Single(await _stage.ListAsync()).Ref);
    }

    [Fact]
    public async Task A_writable_snapshot_and_one_that_was_written_to_are_no_base()
    {
        _stage.Write("file", "one");
        BtrfsLoop.Btrfs("subvolume", "snapshot", _stage.Path, Path.Combine(_stage.System.Mount, "writable"));
        Assert.Empty(await _stage.ListAsync());
        SnapshotInfo spoilt = await _stage.CreateAsync("spoilt");
        string data = Path.Combine(_stage.HomeOf("spoilt"), "data");
        BtrfsLoop.Btrfs("property", "set", "-ts", data, "ro", "false");
        File.WriteAllText(Path.Combine(data, "file"), "other");
        BtrfsLoop.Btrfs("filesystem", "sync", data);
        BtrfsLoop.Btrfs("property", "set", "-ts", data, "ro", "true");
        SnapshotInfo now = await _stage.Snapshots.GetAsync(spoilt.Ref, Cancel);
        Assert.Null(now.ChangeToken);
        Assert.NotEmpty(now.Warnings);
        SnapshotInfo next = await _stage.CreateAsync("next");
        ChangeTrackingUnavailableException failure = await Assert.ThrowsAsync<ChangeTrackingUnavailableException>(() => _stage.DiffAsync(spoilt, next));
        Assert.Equal(EngineReason.ChangeTrackingLost, failure.Reason);
    }

    [Fact]
    public async Task Nested_subvolumes_are_told_at_a_snapshot_and_refuse_a_roll_back()
    {
        Directory.CreateDirectory(_stage.At("below"));
        BtrfsLoop.Btrfs("subvolume", "create", _stage.At("below/nested"));
        SnapshotInfo snapshot = await _stage.CreateAsync("first");
        Assert.Contains("below/nested", Assert.Single(snapshot.Warnings), StringComparison.Ordinal);
        SnapshotInUseException failure = await Assert.ThrowsAsync<SnapshotInUseException>(() => _stage.Snapshots.RollbackAsync(snapshot.Ref, new RollbackOptions(), Cancel));
        Assert.Equal(["below/nested"], failure.Blockers);
        Assert.True(Directory.Exists(_stage.At("below/nested")));
        var names = new List<string>();
        await foreach (TreeEntry entry in _stage.Engine.Feature<ITreeReader>()!.ListAsync(snapshot.Ref, default, Cancel))
        {
            names.Add(entry.Path.ToString());
        }

        Assert.Equal(["", "below"], names);
    }

    [Fact]
    public async Task A_roll_back_keeps_the_volume_its_snapshots_and_open_files_and_a_later_engine_knows_it()
    {
        _stage.Write("file", "one");
        SnapshotInfo one = await _stage.CreateAsync("one");
        _stage.Write("file", "two");
        SnapshotInfo two = await _stage.CreateAsync("two");
        using FileStream open = File.OpenRead(_stage.At("file"));
        await _stage.Snapshots.RollbackAsync(one.Ref, new RollbackOptions(false, "safety"), Cancel);
        Assert.Equal("one", await File.ReadAllTextAsync(_stage.At("file"), Cancel));
        Assert.Equal("two", await new StreamReader(open).ReadToEndAsync(Cancel));
        await using var later = new BtrfsStorageEngine(null);
        Assert.Equal(_stage.Volume.Ref, (await later.ResolveVolumeAsync(BytePath.FromString(_stage.Path), Cancel)).Ref);
        _stage.Write("file", "three");
        SnapshotInfo three = await _stage.CreateAsync("three");
        Assert.Equal(["one", "two", "safety", "three"], (await _stage.ListAsync()).Select(each => each.Ref.Name));
        Assert.Equal(one.Ref.Id, three.ParentId);
        Assert.Single(await _stage.DiffAsync(two, three));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_stage.System.Mount, ".seng-tmp-*"));
    }

    [Fact]
    public async Task What_a_crash_left_is_swept_at_the_next_snapshot()
    {
        await _stage.CreateAsync("first");
        string root = Path.GetDirectoryName(_stage.HomeOf("first"))!;
        Directory.CreateDirectory(Path.Combine(root, "begun"));
        await File.WriteAllTextAsync(Path.Combine(root, "begun/info.json"), "{", Cancel);
        BtrfsLoop.Btrfs("subvolume", "create", Path.Combine(root, "begun/.seng-tmp-data"));
        await using var later = new BtrfsStorageEngine(null);
        VolumeInfo volume = await later.ResolveVolumeAsync(BytePath.FromString(_stage.Path), Cancel);
        await later.Feature<ISnapshots>()!.CreateAsync(new CreateSnapshotRequest(volume.Ref, "second"), Cancel);
        Assert.False(Directory.Exists(Path.Combine(root, "begun")));
        Assert.Equal(["first", "second"], (await _stage.ListAsync()).Select(each => each.Ref.Name));
    }

    [Fact]
    public async Task A_directory_within_a_subvolume_and_a_file_are_no_volumes()
    {
        _stage.Write("file", "x");
        Directory.CreateDirectory(_stage.At("directory"));
        foreach (string name in new[] { "file", "directory" })
        {
            StorageEngineException failure = await Assert.ThrowsAsync<StorageEngineException>(
                async () => await _stage.Engine.ResolveVolumeAsync(BytePath.FromString(_stage.At(name)), Cancel));
            Assert.Equal(EngineStatus.InvalidArgument, failure.Status);
        }
    }

    [Fact]
    public async Task A_mounted_subvolume_keeps_its_snapshots_inside_and_refuses_a_roll_back()
    {
        string point = Path.Combine(_stage.System.Mount, "..", "point");
        Directory.CreateDirectory(point);
        string device = BtrfsLoop.Run("findmnt", "-n", "-o", "SOURCE", _stage.System.Mount).Text.Trim();
        Assert.Equal(0, BtrfsLoop.Run("mount", "-o", "subvol=seng-test-volume", device, point).Exit);
        try
        {
            await using var engine = new BtrfsStorageEngine(null);
            VolumeInfo volume = await engine.ResolveVolumeAsync(BytePath.FromString(Path.GetFullPath(point)), Cancel);
            Assert.Equal(_stage.Volume.Ref, volume.Ref);
            SnapshotInfo snapshot = await engine.Feature<ISnapshots>()!.CreateAsync(new CreateSnapshotRequest(volume.Ref, "inside"), Cancel);
            Assert.True(Directory.Exists(Path.Combine(point, ".seng-snapshots")));
            Assert.Empty(snapshot.Warnings);
            Assert.False((await engine.GetCapabilitiesAsync(volume.Ref, Cancel)).Has(EngineCapability.RollbackInPlace));
            await Assert.ThrowsAsync<SnapshotInUseException>(() => engine.Feature<ISnapshots>()!.RollbackAsync(snapshot.Ref, new RollbackOptions(), Cancel));
            Assert.Equal(snapshot.Ref, Assert.Single(await _stage.ListAsync()).Ref);
        }
        finally
        {
            Assert.Equal(0, BtrfsLoop.Run("umount", "-l", point).Exit); // A process that another test starts has for a moment open what this one had.
        }
    }

    [Fact]
    public async Task A_comparison_ends_soon_after_it_is_cancelled()
    {
        SnapshotInfo before = await _stage.CreateAsync("before");
        for (int i = 0; i < 20_000; i++)
        {
            await File.WriteAllTextAsync(_stage.At($"f{i}"), "x", Cancel);
        }

        SnapshotInfo after = await _stage.CreateAsync("after");
        await Tries.UntilInTimeAsync(async _ =>
        {
            using var source = new CancellationTokenSource();
            Task<List<FileChange>> query = _stage.Changes(before, after, source.Token).ToListAsync(Cancel).AsTask();
            source.CancelAfter(TimeSpan.FromMilliseconds(15));
            return await Record.ExceptionAsync(() => query) is { } error && Assert.IsAssignableFrom<OperationCanceledException>(error) is not null;
        });
        var watch = Stopwatch.StartNew();
        await _stage.Snapshots.DeleteAsync(after.Ref, DeleteMode.Everything, Cancel); // A send that still ran would refuse it.
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"{watch.Elapsed}");
    }
}
