using System.Diagnostics;
using StorageEngines.Btrfs;

namespace StorageEngines.Platform.Tests.Btrfs;

/// <summary>What the laws do not ask: foreign snapshots, nested subvolumes, leftovers, names that are no text.</summary>
public sealed class BtrfsEngineTests : IAsyncLifetime
{
    private readonly BtrfsLoop _system = BtrfsLoop.MakeOrSkip();
    private readonly BtrfsStorageEngine _engine = new(null);
    private string _path = "";
    private VolumeInfo _volume = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private ISnapshots Snapshots => _engine.Feature<ISnapshots>()!;

    public async ValueTask InitializeAsync()
    {
        _path = _system.MakeSubvolume("seng-test-volume");
        _volume = await _engine.ResolveVolumeAsync(BytePath.FromString(_path), Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        _system.Dispose();
    }

    [Fact]
    public async Task Snapshots_made_by_others_are_listed_compared_and_deleted_by_id()
    {
        Write("file", "one");
        BtrfsLoop.Btrfs("subvolume", "snapshot", "-r", _path, Path.Combine(_system.Mount, "by hand"));
        Write("file", "two");
        SnapshotInfo own = await CreateAsync("own");
        List<SnapshotInfo> all = await ListAsync();
        Assert.Equal(["by hand", "own"], all.Select(each => each.Ref.Name));
        FileChange change = Assert.Single(await DiffAsync(all[0], own));
        Assert.Equal("file", change.Path.ToString());
        await Snapshots.DeleteAsync(all[0].Ref, DeleteMode.Everything, Cancel);
        Assert.False(Directory.Exists(Path.Combine(_system.Mount, "by hand")));
        Assert.Equal(own.Ref, Assert.Single(await ListAsync()).Ref);
    }

    [Fact]
    public async Task A_writable_snapshot_and_one_that_was_written_to_are_no_base()
    {
        Write("file", "one");
        BtrfsLoop.Btrfs("subvolume", "snapshot", _path, Path.Combine(_system.Mount, "writable"));
        Assert.Empty(await ListAsync());
        SnapshotInfo spoilt = await CreateAsync("spoilt");
        string data = DataOf("spoilt");
        BtrfsLoop.Btrfs("property", "set", "-ts", data, "ro", "false");
        File.WriteAllText(Path.Combine(data, "file"), "other");
        BtrfsLoop.Btrfs("filesystem", "sync", data);
        BtrfsLoop.Btrfs("property", "set", "-ts", data, "ro", "true");
        SnapshotInfo now = await Snapshots.GetAsync(spoilt.Ref, Cancel);
        Assert.Null(now.ChangeToken);
        Assert.NotEmpty(now.Warnings);
        SnapshotInfo next = await CreateAsync("next");
        ChangeTrackingUnavailableException failure = await Assert.ThrowsAsync<ChangeTrackingUnavailableException>(() => DiffAsync(spoilt, next));
        Assert.Equal(EngineReason.ChangeTrackingLost, failure.Reason);
    }

    [Fact]
    public async Task Nested_subvolumes_are_told_at_a_snapshot_and_refuse_a_roll_back()
    {
        Directory.CreateDirectory(Path.Combine(_path, "below"));
        BtrfsLoop.Btrfs("subvolume", "create", Path.Combine(_path, "below/nested"));
        SnapshotInfo snapshot = await CreateAsync("first");
        Assert.Contains("below/nested", Assert.Single(snapshot.Warnings), StringComparison.Ordinal);
        SnapshotInUseException failure = await Assert.ThrowsAsync<SnapshotInUseException>(() => Snapshots.RollbackAsync(snapshot.Ref, new RollbackOptions(), Cancel));
        Assert.Equal(["below/nested"], failure.Blockers);
        Assert.True(Directory.Exists(Path.Combine(_path, "below/nested")));
        var names = new List<string>();
        await foreach (TreeEntry entry in _engine.Feature<ITreeReader>()!.ListAsync(snapshot.Ref, default, Cancel))
        {
            names.Add(entry.Path.ToString());
        }

        Assert.Equal(["", "below"], names);
    }

    [Fact]
    public async Task A_roll_back_keeps_the_volume_its_snapshots_and_open_files_and_a_later_engine_knows_it()
    {
        Write("file", "one");
        SnapshotInfo one = await CreateAsync("one");
        Write("file", "two");
        SnapshotInfo two = await CreateAsync("two");
        using FileStream open = File.OpenRead(Path.Combine(_path, "file"));
        await Snapshots.RollbackAsync(one.Ref, new RollbackOptions(false, "safety"), Cancel);
        Assert.Equal("one", await File.ReadAllTextAsync(Path.Combine(_path, "file"), Cancel));
        Assert.Equal("two", await new StreamReader(open).ReadToEndAsync(Cancel));
        await using var later = new BtrfsStorageEngine(null);
        Assert.Equal(_volume.Ref, (await later.ResolveVolumeAsync(BytePath.FromString(_path), Cancel)).Ref);
        Write("file", "three");
        SnapshotInfo three = await CreateAsync("three");
        Assert.Equal(["one", "two", "safety", "three"], (await ListAsync()).Select(each => each.Ref.Name));
        Assert.Equal(one.Ref.Id, three.ParentId);
        Assert.Single(await DiffAsync(two, three));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_system.Mount, ".seng-tmp-*"));
    }

    [Fact]
    public async Task What_a_crash_left_is_swept_at_the_next_snapshot()
    {
        await CreateAsync("first");
        string root = Path.GetDirectoryName(Path.GetDirectoryName(DataOf("first")))!;
        Directory.CreateDirectory(Path.Combine(root, "begun"));
        await File.WriteAllTextAsync(Path.Combine(root, "begun/info.json"), "{", Cancel);
        BtrfsLoop.Btrfs("subvolume", "create", Path.Combine(root, "begun/.seng-tmp-data"));
        await using var later = new BtrfsStorageEngine(null);
        VolumeInfo volume = await later.ResolveVolumeAsync(BytePath.FromString(_path), Cancel);
        await later.Feature<ISnapshots>()!.CreateAsync(new CreateSnapshotRequest(volume.Ref, "second"), Cancel);
        Assert.False(Directory.Exists(Path.Combine(root, "begun")));
        Assert.Equal(["first", "second"], (await ListAsync()).Select(each => each.Ref.Name));
    }

    [Fact]
    public async Task A_directory_within_a_subvolume_and_a_file_are_no_volumes()
    {
        Write("file", "x");
        Directory.CreateDirectory(Path.Combine(_path, "directory"));
        foreach (string name in new[] { "file", "directory" })
        {
            StorageEngineException failure = await Assert.ThrowsAsync<StorageEngineException>(
                async () => await _engine.ResolveVolumeAsync(BytePath.FromString(Path.Combine(_path, name)), Cancel));
            Assert.Equal(EngineStatus.InvalidArgument, failure.Status);
        }
    }

    [Fact]
    public async Task A_mounted_subvolume_keeps_its_snapshots_inside_and_refuses_a_roll_back()
    {
        string point = Path.Combine(_system.Mount, "..", "point");
        Directory.CreateDirectory(point);
        string device = BtrfsLoop.Run("findmnt", "-n", "-o", "SOURCE", _system.Mount).Text.Trim();
        Assert.Equal(0, BtrfsLoop.Run("mount", "-o", "subvol=seng-test-volume", device, point).Exit);
        try
        {
            await using var engine = new BtrfsStorageEngine(null);
            VolumeInfo volume = await engine.ResolveVolumeAsync(BytePath.FromString(Path.GetFullPath(point)), Cancel);
            Assert.Equal(_volume.Ref, volume.Ref);
            SnapshotInfo snapshot = await engine.Feature<ISnapshots>()!.CreateAsync(new CreateSnapshotRequest(volume.Ref, "inside"), Cancel);
            Assert.True(Directory.Exists(Path.Combine(point, ".seng-snapshots")));
            Assert.Empty(snapshot.Warnings);
            Assert.False((await engine.GetCapabilitiesAsync(volume.Ref, Cancel)).Has(EngineCapability.RollbackInPlace));
            await Assert.ThrowsAsync<SnapshotInUseException>(() => engine.Feature<ISnapshots>()!.RollbackAsync(snapshot.Ref, new RollbackOptions(), Cancel));
            Assert.Equal(snapshot.Ref, Assert.Single(await ListAsync()).Ref);
        }
        finally
        {
            BtrfsLoop.Run("umount", point);
        }
    }

    [Fact]
    public async Task A_comparison_ends_soon_after_it_is_cancelled()
    {
        SnapshotInfo before = await CreateAsync("before");
        for (int i = 0; i < 20_000; i++)
        {
            await File.WriteAllTextAsync(Path.Combine(_path, $"f{i}"), "x", Cancel);
        }

        SnapshotInfo after = await CreateAsync("after");
        using var source = new CancellationTokenSource();
        Task<List<FileChange>> query = DiffAsync(before, after, source.Token);
        source.CancelAfter(TimeSpan.FromMilliseconds(15));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => query);
        var watch = Stopwatch.StartNew();
        await Snapshots.DeleteAsync(after.Ref, DeleteMode.Everything, Cancel); // A send that still ran would refuse it.
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"{watch.Elapsed}");
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_path, name), text);

    private string DataOf(string name)
        => Directory.EnumerateDirectories(Path.Combine(_system.Mount, ".seng-snapshots")).Select(each => Path.Combine(each, name, "data")).Single(Directory.Exists);

    private Task<SnapshotInfo> CreateAsync(string name) => Snapshots.CreateAsync(new CreateSnapshotRequest(_volume.Ref, name), Cancel);

    private async Task<List<SnapshotInfo>> ListAsync()
    {
        var all = new List<SnapshotInfo>();
        await foreach (SnapshotInfo each in Snapshots.ListAsync(_volume.Ref, null, Cancel))
        {
            all.Add(each);
        }

        return all;
    }

    private async Task<List<FileChange>> DiffAsync(SnapshotInfo from, SnapshotInfo to, CancellationToken cancellationToken = default)
    {
        var all = new List<FileChange>();
        await foreach (FileChange each in _engine.Feature<IFileDiff>()!.DiffAsync(new FileDiffQuery(from.ChangeToken!, to.Ref), cancellationToken))
        {
            all.Add(each);
        }

        return all;
    }
}
