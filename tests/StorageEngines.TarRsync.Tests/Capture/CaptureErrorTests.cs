using System.Text;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Tests.Posix;
using StorageEngines.TarRsync.Walk;

namespace StorageEngines.TarRsync.Tests.Capture;

public sealed class CaptureErrorTests : IDisposable
{
    private readonly EngineScratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task A_missing_path_is_named()
    {
        VolumeNotFoundException error = await Assert.ThrowsAsync<VolumeNotFoundException>(() => _scratch.VolumeAsync(_scratch.At("nowhere")));

        Assert.Contains("nowhere", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pipe_is_no_volume()
    {
        EngineScratch.Run("mkfifo", _scratch.At("pipe"));

        StorageEngineException error = await Assert.ThrowsAsync<StorageEngineException>(() => _scratch.VolumeAsync(_scratch.At("pipe")));

        Assert.Equal(EngineStatus.InvalidArgument, error.Status);
    }

    [Fact]
    public void A_directory_that_may_not_be_read_fails_the_walk_and_is_named()
    {
        Assert.SkipUnless(OtherUser.IsRoot, "backend missing: root: needed to become another user");
        Directory.CreateDirectory(_scratch.At("open/closed"));
        EngineScratch.Run("chmod", "0700", _scratch.At("open/closed"));

        OtherUser.Run(() =>
        {
            using var walker = new TreeWalker(DirectoryHandle.Open(Encoding.UTF8.GetBytes(_scratch.Live)), new WalkOptions { Threads = 0 });
            StorageEngineException error = Assert.Throws<StorageEngineException>(() =>
            {
                while (walker.MoveNext())
                {
                }
            });
            Assert.Equal(EngineStatus.PermissionDenied, error.Status);
            Assert.Contains("open/closed", error.Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task A_consistency_that_a_walk_cannot_give_is_refused_before_it_begins()
    {
        var request = new CreateSnapshotRequest(await _scratch.VolumeAsync(), "s1") { MinimumConsistency = Consistency.Crash };

        StorageEngineException error = await Assert.ThrowsAsync<StorageEngineException>(() => _scratch.Snapshots.CreateAsync(request));

        Assert.Equal(EngineStatus.FailedPrecondition, error.Status);
    }

    [Fact]
    public async Task Another_directory_of_the_same_name_is_another_volume()
    {
        VolumeRef old = await _scratch.VolumeAsync();
        await _scratch.SnapshotAsync("s1");
        Directory.Delete(_scratch.Live, true);
        Directory.CreateDirectory(_scratch.Live);

        VolumeNotFoundException error = await Assert.ThrowsAsync<VolumeNotFoundException>(
            () => _scratch.Snapshots.CreateAsync(new CreateSnapshotRequest(old, "s2")));

        Assert.Equal(EngineReason.VolumeReplaced, error.Reason);
        Assert.NotEqual(old, await _scratch.VolumeAsync());
    }

    [Fact]
    public async Task A_moved_directory_is_the_same_volume()
    {
        VolumeRef old = await _scratch.VolumeAsync();
        await _scratch.SnapshotAsync("s1");
        string moved = Path.Combine(_scratch.Root, "moved");
        Directory.Move(_scratch.Live, moved);

        VolumeRef now = await _scratch.VolumeAsync(moved);
        SnapshotInfo second = await _scratch.SnapshotAsync("s2", moved);

        Assert.Equal(old, now);
        Assert.NotNull(second.ParentId);
    }

    [Fact]
    public async Task A_cancelled_creation_leaves_nothing_and_the_next_one_works()
    {
        for (int i = 0; i < 50; i++)
        {
            _scratch.Write($"f{i}", new string('x', 100_000 + i));
        }

        using var cancel = new CancellationTokenSource();
        _scratch.OnOpen = _ => cancel.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _scratch.SnapshotAsync("s1", cancellationToken: cancel.Token));
        _scratch.OnOpen = null;

        Assert.Empty(await _scratch.Snapshots.ListAsync(await _scratch.VolumeAsync()).ToListAsync());
        Assert.Empty(Directory.EnumerateFiles(_scratch.Store, "*.pack", SearchOption.AllDirectories));
        Assert.Empty(Directory.EnumerateFiles(_scratch.Store, ".seng-tmp-*", SearchOption.AllDirectories));
        Assert.Equal("s1", (await _scratch.SnapshotAsync("s1")).Ref.Name);
    }

    [Fact]
    public async Task A_full_disk_is_said_and_leaves_nothing_half_written()
    {
        string store = Directory.CreateDirectory(Path.Combine(_scratch.Root, "small")).FullName;
        Assert.SkipUnless(OtherUser.IsRoot, "backend missing: root: needed to mount a tmpfs");
        EngineScratch.Run("mount", "-t", "tmpfs", "-o", "size=2m", "none", store);
        try
        {
            byte[] content = new byte[8 << 20];
            new Random(8).NextBytes(content);
            File.WriteAllBytes(_scratch.At("big"), content);
            await using var engine = new TarRsyncStorageEngine(Path.Combine(store, "s"), TimeProvider.System);
            VolumeRef volume = (await engine.ResolveVolumeAsync(BytePath.FromString(_scratch.Live))).Ref;
            ISnapshots snapshots = engine.Feature<ISnapshots>()!;

            StorageEngineException error = await Assert.ThrowsAsync<StorageEngineException>(
                () => snapshots.CreateAsync(new CreateSnapshotRequest(volume, "s1")));

            Assert.Equal(EngineReason.NoSpace, error.Reason);
            File.WriteAllText(_scratch.At("big"), "small now");
            Assert.Equal("s1", (await snapshots.CreateAsync(new CreateSnapshotRequest(volume, "s1"))).Ref.Name);
        }
        finally
        {
            EngineScratch.Run("umount", "-l", store);
        }
    }

    [Fact]
    public async Task A_clone_refuses_a_taken_name_and_a_cancelled_one_leaves_nothing()
    {
        _scratch.Write("f", new string('x', 1_000_000));
        SnapshotInfo snapshot = await _scratch.SnapshotAsync("s1");

        StorageEngineException error = await Assert.ThrowsAsync<StorageEngineException>(() => _scratch.CloneAsync(snapshot, "live"));
        using var cancel = new CancellationTokenSource();
        var progress = new Cancelling(cancel);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _scratch.Snapshots.CloneAsync(
            snapshot.Ref, BytePath.FromString(Path.Combine(_scratch.Root, "new")), progress, cancel.Token));

        Assert.Equal(EngineStatus.AlreadyExists, error.Status);
        Assert.Equal(["live", "store"], Directory.EnumerateFileSystemEntries(_scratch.Root).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task A_second_writer_is_refused_while_the_first_one_writes()
    {
        _scratch.Write("f", "data");
        await using var other = new TarRsyncStorageEngine(_scratch.Store, TimeProvider.System);
        VolumeRef volume = (await other.ResolveVolumeAsync(BytePath.FromString(_scratch.Live))).Ref;
        EngineReason? reason = null;
        _scratch.OnOpen = _ => reason = Assert.Throws<StorageEngineException>(() => other.Feature<ISnapshots>()!
            .CreateAsync(new CreateSnapshotRequest(volume, "other")).GetAwaiter().GetResult()).Reason;

        await _scratch.SnapshotAsync("s1");

        Assert.Equal(EngineReason.Locked, reason);
    }

    private sealed class Cancelling(CancellationTokenSource source) : IProgress<OperationProgress>
    {
        public void Report(OperationProgress value) => source.Cancel();
    }
}
