using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Tests.Store;

/// <summary>Ends the work at every step that changes the store; the last whole state has to be there, and the next writer has to succeed.</summary>
public sealed class InterruptionTests
{
    private static readonly byte[] Shared = StoreScratch.Random(StoreScratch.Block * 3, 1);
    private static readonly byte[] First = StoreScratch.Random(StoreScratch.Block * 9 + 1, 2);
    private static readonly byte[] Second = StoreScratch.Random(StoreScratch.Block * 5 + 1, 3);

    [Fact]
    public void A_snapshot_interrupted_at_any_step_is_whole_or_not_there()
    {
        int steps = Interrupt(
            (store, volume) => StoreScratch.Take(store, volume, "two", ("shared", Shared), ("own", Second)),
            (store, volume) =>
            {
                Assert.Equal(First, StoreScratch.ReadFile(store, store.FindSnapshot(volume.Id, "one")!, "own"));
                if (store.FindSnapshot(volume.Id, "two") is { } two)
                    Assert.Equal(Second, StoreScratch.ReadFile(store, two, "own"));
                else
                    StoreScratch.Take(store, volume, "two", ("own", Second));
                Assert.Equal(Second, StoreScratch.ReadFile(store, store.FindSnapshot(volume.Id, "two")!, "own"));
            });
        Assert.InRange(steps, 6, 100);
    }

    [Fact]
    public void A_deletion_interrupted_at_any_step_loses_nothing_else_and_can_be_repeated()
    {
        int steps = Interrupt(
            (store, volume) => store.DeleteSnapshot(volume.Id, store.FindSnapshot(volume.Id, "one")!.Id, DeleteMode.Everything),
            (store, volume) =>
            {
                SnapshotRecord kept = store.FindSnapshot(volume.Id, "kept")!;
                Assert.Equal(Shared, StoreScratch.ReadFile(store, kept, "shared"));
                if (store.FindSnapshot(volume.Id, "one") is { } one)
                {
                    Assert.Equal(First, StoreScratch.ReadFile(store, one, "own"));
                    store.DeleteSnapshot(volume.Id, one.Id, DeleteMode.Everything);
                }
                Assert.Equal(Shared, StoreScratch.ReadFile(store, kept, "shared"));
                Assert.Null(store.FindSnapshot(volume.Id, "kept")!.ParentId);
            });
        Assert.InRange(steps, 4, 100);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_collection_or_a_repack_interrupted_at_any_step_loses_nothing_and_can_be_repeated(bool repack)
    {
        for (int last = 1; ; last++)
        {
            using var scratch = new StoreScratch();
            string volumeId = Prepare(scratch);
            using (SnapshotStore store = scratch.Write())
                store.DeleteSnapshot(volumeId, store.FindSnapshot(volumeId, "one")!.Id, DeleteMode.Everything);
            bool ended = RunUntil(last, step => _ = repack ? scratch.Repack(step).Collected : scratch.Collect(step));
            AssertKept(scratch, volumeId);
            scratch.Repack();
            scratch.Collect();
            AssertKept(scratch, volumeId);
            using (SnapshotStore store = scratch.Read())
                Assert.InRange(store.PackBytes(), Shared.Length, Shared.Length + 4000);
            Assert.Single(Directory.EnumerateFiles(System.IO.Path.Combine(scratch.Path, "manifests")));
            if (!ended)
            {
                Assert.InRange(last, repack ? 8 : 2, 100);
                return;
            }
        }
    }

    private static void AssertKept(StoreScratch scratch, string volumeId)
    {
        using SnapshotStore store = scratch.Write();
        Assert.DoesNotContain(Directory.EnumerateFiles(scratch.Path, ".seng-tmp-*", SearchOption.AllDirectories), _ => true);
        Assert.Equal(Shared, StoreScratch.ReadFile(store, store.FindSnapshot(volumeId, "kept")!, "shared"));
    }

    private static string Prepare(StoreScratch scratch)
    {
        using SnapshotStore store = scratch.Write();
        VolumeRecord volume = StoreScratch.Tree(store);
        StoreScratch.Take(store, volume, "one", ("shared", Shared), ("own", First));
        StoreScratch.Take(store, store.FindVolume(volume.Id)!, "kept", ("shared", Shared));
        return volume.Id;
    }

    /// <summary>Runs an action again and again, ended at step 1, 2, 3 and so on, without any clean-up, as kill -9 does.</summary>
    private static int Interrupt(Action<SnapshotStore, VolumeRecord> action, Action<SnapshotStore, VolumeRecord> check)
    {
        for (int last = 1; ; last++)
        {
            using var scratch = new StoreScratch();
            string volumeId = Prepare(scratch);
            bool ended = RunUntil(last, step =>
            {
                using SnapshotStore store = scratch.Write(step);
                action(store, store.FindVolume(volumeId)!);
            });
            using (SnapshotStore store = scratch.Write())
            {
                Assert.DoesNotContain(Directory.EnumerateFiles(scratch.Path, ".seng-tmp-*", SearchOption.AllDirectories), _ => true);
                check(store, store.FindVolume(volumeId)!);
            }
            if (!ended)
                return last;
        }
    }

    private static bool RunUntil(int last, Action<Action<string>> action)
    {
        int step = 0;
        bool dead = false;
        try
        {
            action(_ =>
            {
                // After the end no further step happens: what runs in a finally block of this process would not run in a killed one.
                if (dead || ++step == last)
                {
                    dead = true;
                    throw new KilledException();
                }
            });
        }
        catch (KilledException)
        {
            return true;
        }
        return false;
    }

    private sealed class KilledException : Exception;
}
