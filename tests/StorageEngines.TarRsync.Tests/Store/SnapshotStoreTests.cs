using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Tests.Store;

public sealed class SnapshotStoreTests
{
    [Fact]
    public void What_was_stored_is_read_back()
    {
        using var scratch = new StoreScratch();
        byte[] big = StoreScratch.Random(3 * StoreScratch.Block + 17, 1);
        byte[] text = "hello hello hello hello"u8.ToArray();
        byte[] sparse = new byte[10 * StoreScratch.Block + 5];
        sparse[^1] = 7;
        string volumeId;
        using (SnapshotStore store = scratch.Write())
        {
            VolumeRecord volume = StoreScratch.Tree(store);
            volumeId = volume.Id;
            StoreScratch.Take(store, volume, "one", ("a/big", big), ("a/text", text), ("empty", []), ("sparse", sparse));
        }
        using SnapshotStore reader = scratch.Read();
        SnapshotRecord snapshot = reader.FindSnapshot(volumeId, "one")!;
        Assert.Equal(big, StoreScratch.ReadFile(reader, snapshot, "a/big"));
        Assert.Equal(text, StoreScratch.ReadFile(reader, snapshot, "a/text"));
        Assert.Equal([], StoreScratch.ReadFile(reader, snapshot, "empty"));
        Assert.Equal(sparse, StoreScratch.ReadFile(reader, snapshot, "sparse"));
        Assert.Equal(snapshot.Id, reader.FindVolume(volumeId)!.HeadSnapshotId);
        Assert.Equal(6, snapshot.EntryCount);
    }

    [Fact]
    public void Unchanged_entries_are_taken_over_without_the_index()
    {
        using var scratch = new StoreScratch();
        byte[] large = StoreScratch.Random(200 * StoreScratch.Block + 1, 2);
        using SnapshotStore first = scratch.Write();
        VolumeRecord volume = StoreScratch.Tree(first);
        SnapshotRecord one = StoreScratch.Take(first, volume, "one", ("large", large), ("small", [1, 2, 3]));
        first.Dispose();

        using SnapshotStore second = scratch.Write();
        SnapshotRecord two;
        using (SnapshotWriter writer = second.BeginSnapshot(volume.Id, "two"))
        using (ManifestReader previous = second.OpenManifest(one))
        {
            while (previous.MoveNext())
                writer.AddEntry(in previous.Current);
            two = writer.Commit(StoreScratch.Commit());
        }
        Assert.False(second.IndexLoaded);
        Assert.Equal(one.Id, two.ParentId);
        Assert.Equal(large, StoreScratch.ReadFile(second, two, "large"));
        Assert.Equal([1, 2, 3], StoreScratch.ReadFile(second, two, "small"));
    }

    [Fact]
    public void The_same_block_is_stored_once()
    {
        using var scratch = new StoreScratch();
        using SnapshotStore store = scratch.Write();
        VolumeRecord volume = StoreScratch.Tree(store);
        byte[] content = StoreScratch.Random(StoreScratch.Block * 4, 3);
        StoreScratch.Take(store, volume, "one", ("a", content), ("b", content));
        long before = store.PackBytes();
        Assert.InRange(before, content.Length, content.Length + 2000);
        StoreScratch.Take(store, volume, "two", ("a", content), ("c", content));
        Assert.Equal(before, store.PackBytes());
    }

    [Fact]
    public void A_second_writer_is_told_who_holds_the_lock()
    {
        using var scratch = new StoreScratch();
        using SnapshotStore store = scratch.Write();
        var error = Assert.Throws<StorageEngineException>(() => scratch.Write());
        Assert.Equal(EngineStatus.Aborted, error.Status);
        Assert.Equal(EngineReason.Locked, error.Reason);
        Assert.Equal(Recovery.RetryAfterBackoff, error.Recovery);
        Assert.Contains($"process {Environment.ProcessId} on", error.Message, StringComparison.Ordinal);
        using SnapshotStore reader = scratch.Read();
        Assert.Empty(reader.Volumes());
        store.Dispose();
        scratch.Write().Dispose();
    }

    [Fact]
    public void Without_a_commit_nothing_is_left()
    {
        using var scratch = new StoreScratch();
        using SnapshotStore store = scratch.Write();
        VolumeRecord volume = StoreScratch.Tree(store);
        using (SnapshotWriter writer = store.BeginSnapshot(volume.Id, "one"))
            StoreScratch.Fill(writer, ("a", StoreScratch.Random(StoreFormat.PackTarget + StoreScratch.Block, 4)));
        Assert.Empty(store.Snapshots(volume.Id));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(scratch.Path, "packs")));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(scratch.Path, "manifests")));
    }

    [Fact]
    public void Delete_leaves_the_space_to_the_collection_and_keeps_what_others_need()
    {
        using var scratch = new StoreScratch();
        byte[] shared = StoreScratch.Random(StoreScratch.Block * 8, 5);
        byte[] own = StoreScratch.Random(StoreScratch.Block * 40, 6);
        VolumeRecord volume;
        using (SnapshotStore store = scratch.Write())
        {
            volume = StoreScratch.Tree(store);
            SnapshotRecord one = StoreScratch.Take(store, volume, "one", ("shared", shared), ("own", own));
            StoreScratch.Take(store, volume, "two", ("shared", shared));
            long before = store.PackBytes();
            store.DeleteSnapshot(volume.Id, one.Id, DeleteMode.Everything);
            store.DeleteSnapshot(volume.Id, one.Id, DeleteMode.Everything);
            Assert.Null(store.FindSnapshot(volume.Id, "one"));
            Assert.Equal(before, store.PackBytes());
        }
        Assert.InRange(scratch.Collect().UnusedBytes, own.Length, own.Length + 4000);
        Assert.InRange(scratch.Repack().Collected.FreedBytes, own.Length, own.Length + shared.Length + 8000);
        using (SnapshotStore store = scratch.Write())
        {
            Assert.InRange(store.PackBytes(), shared.Length, shared.Length + 4000);
            SnapshotRecord two = store.FindSnapshot(volume.Id, "two")!;
            Assert.Equal(shared, StoreScratch.ReadFile(store, two, "shared"));
            store.DeleteSnapshot(volume.Id, two.Id, DeleteMode.DataOnly);
        }
        scratch.Collect();
        using SnapshotStore after = scratch.Read();
        Assert.Equal(0, after.PackBytes());
        Assert.Equal(SnapshotState.MetadataOnly, after.FindSnapshot(volume.Id, "two")!.State);
    }
}
