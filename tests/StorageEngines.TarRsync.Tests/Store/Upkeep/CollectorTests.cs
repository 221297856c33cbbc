using StorageEngines.TarRsync.Store;
using StorageEngines.TarRsync.Store.Upkeep;

namespace StorageEngines.TarRsync.Tests.Store.Upkeep;

public sealed class CollectorTests : IDisposable
{
    private static readonly byte[] Own = StoreScratch.Random(StoreScratch.Block * 6, 1);
    private static readonly byte[] Kept = StoreScratch.Random(StoreScratch.Block * 2, 2);

    private readonly StoreScratch _scratch = new();
    private readonly ShiftedTime _time = new();
    private readonly string _volumeId;

    public CollectorTests()
    {
        using SnapshotStore store = _scratch.Write();
        _volumeId = StoreScratch.Tree(store).Id;
        Take(store, "kept", Kept);
        Take(store, "doomed", Own);
    }

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Garbage_goes_when_it_has_been_garbage_for_the_grace_period()
    {
        Assert.Equal(new StoreCollectReport(0, 0, null, 0), Collect());
        SnapshotRecord doomed = Delete("doomed");
        StoreCollectReport first = Collect();
        Assert.Equal(0, first.FreedBytes);
        Assert.InRange(first.PendingBytes, Own.Length, Own.Length + 4000);
        Assert.InRange(first.PendingUntil!.Value, _time.GetUtcNow() + TimeSpan.FromMinutes(59), _time.GetUtcNow() + TimeSpan.FromHours(1));
        // Who reads the deleted snapshot still can.
        using (SnapshotStore reader = _scratch.Read())
            Assert.Equal(Own, StoreScratch.ReadFile(reader, doomed, "file"));

        _time.Shift = TimeSpan.FromMinutes(58);
        Assert.Equal(0, Collect().FreedBytes);
        _time.Shift = TimeSpan.FromMinutes(61);
        StoreCollectReport last = Collect();
        Assert.Equal((first.PendingBytes, 0L, null), (last.FreedBytes, last.PendingBytes, last.PendingUntil));
        Assert.Equal(new StoreCollectReport(0, 0, null, 0), Collect());
        AssertKept();
    }

    [Fact]
    public void What_a_new_snapshot_needs_again_stays()
    {
        Delete("doomed");
        Collect();
        using (SnapshotStore store = _scratch.Write())
        {
            long before = store.PackBytes();
            Take(store, "again", Own);
            Assert.Equal(before, store.PackBytes());
        }
        _time.Shift = TimeSpan.FromHours(2);
        Assert.InRange(Collect().FreedBytes, 1, 2000); // The manifest of the deleted one.
        using (SnapshotStore reader = _scratch.Read())
            Assert.Equal(Own, StoreScratch.ReadFile(reader, reader.FindSnapshot(_volumeId, "again")!, "file"));
        // From now on the grace period begins anew.
        Delete("again");
        Assert.Equal(0, Collect().FreedBytes);
    }

    [Fact]
    public void A_clock_that_was_set_back_or_a_lost_note_only_make_it_wait()
    {
        _time.Shift = TimeSpan.FromDays(1);
        Delete("doomed");
        Collect();
        _time.Shift = TimeSpan.Zero;
        Assert.Equal(0, Collect().FreedBytes);
        File.WriteAllText(Path.Combine(_scratch.Path, "garbage.json"), "SENGGARB 1.0 nonsense\n{}");
        _time.Shift = TimeSpan.FromMinutes(61);
        Assert.Equal(0, Collect().FreedBytes);
        _time.Shift = TimeSpan.FromMinutes(123);
        Assert.InRange(Collect().FreedBytes, Own.Length, Own.Length + 4000);
    }

    [Fact]
    public void A_damaged_note_is_no_error_whatever_it_holds()
    {
        Delete("doomed");
        Collect();
        string path = Path.Combine(_scratch.Path, "garbage.json");
        byte[] whole = File.ReadAllBytes(path);
        var random = new Random(9);
        for (int round = 0; round < 300; round++)
        {
            byte[] damaged = [.. whole];
            damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(path, round % 2 == 0 ? damaged : whole[..random.Next(whole.Length)]);
            using SnapshotStore store = _scratch.Read();
            Assert.Empty(store.ReadGarbage());
        }
    }

    [Fact]
    public void Another_writer_is_waited_for_and_marking_does_not_need_the_lock()
    {
        Delete("doomed");
        using (SnapshotStore writer = _scratch.Write())
        {
            var error = Assert.Throws<StorageEngineException>(() => Collector.Run(Session(TimeSpan.Zero), new StoreCollectOptions(), default));
            Assert.Equal(EngineReason.Locked, error.Reason);
            using var stop = new CancellationTokenSource();
            Task waiting = Task.Run(() => Collector.Run(Session(TimeSpan.FromMinutes(1)), new StoreCollectOptions(), stop.Token), TestContext.Current.CancellationToken);
            stop.Cancel();
            Assert.ThrowsAny<OperationCanceledException>(() => waiting.GetAwaiter().GetResult());
        }
        Assert.InRange(Collect().PendingBytes, Own.Length, Own.Length + 4000);
    }

    [Fact]
    public void A_snapshot_that_comes_between_marking_and_sweeping_is_marked_too()
    {
        Delete("doomed");
        bool done = false;
        var progress = new Phases(phase =>
        {
            if (phase != "measure" || done)
                return;
            done = true;
            using SnapshotStore store = _scratch.Write();
            Take(store, "late", Own);
        });
        Collector.Run(Session(TimeSpan.FromMinutes(1)), new StoreCollectOptions { Grace = TimeSpan.Zero, Progress = progress }, default);
        Assert.True(done);
        using SnapshotStore reader = _scratch.Read();
        Assert.Equal(Own, StoreScratch.ReadFile(reader, reader.FindSnapshot(_volumeId, "late")!, "file"));
    }

    [Fact]
    public void A_repack_merges_small_packs_and_the_origins_wait_too()
    {
        using (SnapshotStore store = _scratch.Write())
        {
            for (int i = 0; i < 30; i++)
                Take(store, $"small{i}", StoreScratch.Random(3000, i + 100));
        }
        StoreRepackReport report = Repack();
        Assert.Equal((32, 1, 0), (report.PacksRewritten, report.PacksWritten, report.PacksSkipped));
        Assert.Equal(0, report.Collected.FreedBytes);
        Assert.Equal(33, Packs());
        Assert.Equal(0, Repack().PacksRewritten); // What waits to go is not copied again.
        _time.Shift = TimeSpan.FromHours(2);
        Assert.InRange(Collect().FreedBytes, Own.Length + Kept.Length + 90_000, Own.Length + Kept.Length + 120_000);
        Assert.Equal(1, Packs());
        AssertKept();
        Assert.Equal(0, Repack().PacksRewritten);
    }

    [Fact]
    public void A_repack_leaves_a_pack_with_a_damaged_block_as_it_is()
    {
        SnapshotRecord both;
        using (SnapshotStore store = _scratch.Write())
        {
            VolumeRecord volume = store.FindVolume(_volumeId)!;
            both = StoreScratch.Take(store, volume, "both", ("a", StoreScratch.Random(9000, 20)), ("b", StoreScratch.Random(9000, 21)), ("c", StoreScratch.Random(50_000, 22)));
            StoreScratch.Take(store, store.FindVolume(_volumeId)!, "part", ("a", StoreScratch.Random(9000, 20)), ("b", StoreScratch.Random(9000, 21)));
        }
        string pack = Directory.EnumerateFiles(Path.Combine(_scratch.Path, "packs")).Single(path => new FileInfo(path).Length is > 68_000 and < 69_000);
        byte[] bytes = File.ReadAllBytes(pack);
        bytes[300] ^= 1;
        File.WriteAllBytes(pack, bytes);
        Delete("both");
        StoreRepackReport report = Repack();
        Assert.Equal(1, report.PacksSkipped);
        Assert.True(File.Exists(pack));
    }

    private StoreSession Session(TimeSpan timeout) => new(_scratch.Path, _time, timeout);

    private StoreCollectReport Collect() => Collector.Run(Session(TimeSpan.FromMinutes(1)), new StoreCollectOptions(), default);

    private StoreRepackReport Repack() => new Repacker(Session(TimeSpan.FromMinutes(1)), new StoreRepackOptions(), default).Run();

    private int Packs() => Directory.GetFiles(Path.Combine(_scratch.Path, "packs")).Length;

    private void Take(SnapshotStore store, string name, byte[] content) => StoreScratch.Take(store, store.FindVolume(_volumeId)!, name, ("file", content));

    private SnapshotRecord Delete(string name)
    {
        using SnapshotStore store = _scratch.Write();
        SnapshotRecord snapshot = store.FindSnapshot(_volumeId, name)!;
        store.DeleteSnapshot(_volumeId, snapshot.Id, DeleteMode.Everything);
        return snapshot;
    }

    private void AssertKept()
    {
        using SnapshotStore store = _scratch.Read();
        Assert.Equal(Kept, StoreScratch.ReadFile(store, store.FindSnapshot(_volumeId, "kept")!, "file"));
    }

    private sealed class Phases(Action<string> action) : IProgress<OperationProgress>
    {
        public void Report(OperationProgress value) => action(value.Phase);
    }
}
