using StorageEngines.TarRsync.Store;
using StorageEngines.TarRsync.Store.Upkeep;

namespace StorageEngines.TarRsync.Tests.Store.Upkeep;

public sealed class CheckTests : IDisposable
{
    private static readonly byte[] Shared = StoreScratch.Random(StoreScratch.Block * 2, 1);
    private static readonly byte[] Large = StoreScratch.Random(StoreScratch.Block * 150, 2);

    private readonly StoreScratch _scratch = new();
    private readonly List<StoreDamage> _told = [];
    private readonly string _volumeId;
    private readonly SnapshotRecord _one;
    private readonly SnapshotRecord _two;
    private readonly SnapshotRecord _three;

    public CheckTests()
    {
        using SnapshotStore store = _scratch.Write();
        _volumeId = StoreScratch.Tree(store).Id;
        _one = StoreScratch.Take(store, store.FindVolume(_volumeId)!, "one", ("large", Large), ("shared", Shared));
        _two = StoreScratch.Take(store, store.FindVolume(_volumeId)!, "two", ("own", StoreScratch.Random(5000, 3)), ("shared", Shared));
        _three = StoreScratch.Take(store, store.FindVolume(_volumeId)!, "three", ("shared", Shared));
    }

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_whole_store_is_whole(bool quick)
    {
        StoreCheckReport report = Check(quick);
        Assert.True(report.IsWhole);
        Assert.Empty(_told);
        Assert.Equal((3, 153), (report.Snapshots, report.Blocks));
        Assert.Equal(!quick, report.BytesRead > Large.Length);
    }

    [Fact]
    public void A_damaged_block_is_named_with_the_files_that_need_it()
    {
        Flip(Pack(_two), 200); // The first record of the second pack is the file 'own' of the second snapshot.
        Assert.True(Check(quick: true).IsWhole);
        StoreCheckReport report = Check();
        Assert.Equal(2, report.Damages);
        Assert.Equal(Pack(_two), _told[0].Object);
        Assert.Equal(64, _told[0].Offset);
        Assert.Equal(("own", _two.Id), (_told[1].Path.ToString(), _told[1].Snapshot!.Id));
        Assert.Equal(_two.Id, Assert.Single(report.HurtSnapshots).Id);
    }

    [Fact]
    public void A_missing_pack_hurts_every_file_that_needs_it_and_no_other()
    {
        File.Delete(Pack(_one));
        foreach (bool quick in (bool[])[true, false])
        {
            StoreCheckReport report = Check(quick);
            Assert.Equal(
                [(_one.Id, "large"), (_one.Id, "shared"), (_three.Id, "shared"), (_two.Id, "shared")],
                _told.Select(damage => (damage.Snapshot!.Id, damage.Path.ToString()!)).OrderBy(hurt => (Name(hurt.Item1), hurt.Item2)));
            Assert.Equal(3, report.HurtSnapshots.Count);
        }
    }

    [Fact]
    public void A_damaged_pack_index_is_told_and_hurts_nobody()
    {
        byte[] whole = File.ReadAllBytes(Pack(_one));
        File.WriteAllBytes(Pack(_one), whole[..^10]);
        StoreCheckReport report = Check(quick: true);
        Assert.Equal("the pack has no trailer: it was cut short", Assert.Single(_told).Detail);
        Assert.Empty(report.HurtSnapshots);
    }

    [Fact]
    public void Every_bit_flip_in_a_pack_or_a_manifest_is_found()
    {
        var random = new Random(5);
        foreach (string path in (string[])[Pack(_two), Manifest(_two), Manifest(_three)])
        {
            byte[] whole = File.ReadAllBytes(path);
            for (int round = 0; round < 60; round++)
            {
                byte[] damaged = [.. whole];
                damaged[random.Next(whole.Length)] ^= (byte)(1 << random.Next(8));
                File.WriteAllBytes(path, damaged);
                Assert.False(Check().IsWhole);
                Assert.Contains(_told, damage => damage.Object == path);
            }
            File.WriteAllBytes(path, whole);
        }
        Assert.True(Check().IsWhole);
    }

    [Fact]
    public void Repair_moves_a_damaged_record_aside_and_the_volume_goes_on()
    {
        Flip(Info(_two), 100);
        using (SnapshotStore store = _scratch.Write())
            Assert.Throws<CorruptDataException>(() => StoreScratch.Take(store, store.FindVolume(_volumeId)!, "four", ("shared", Shared)));
        Assert.Throws<CorruptDataException>(() => _scratch.Collect());
        StoreCheckReport report = Check(repair: true);
        Assert.Equal(Info(_two), Assert.Single(_told).Object);
        Assert.Equal(2, report.Quarantined.Count);
        Assert.All(report.Quarantined, path => Assert.True(File.Exists(path)));
        Assert.True(Check().IsWhole);
        using (SnapshotStore store = _scratch.Write())
        {
            SnapshotRecord four = StoreScratch.Take(store, store.FindVolume(_volumeId)!, "four", ("shared", Shared));
            Assert.Equal(_three.Id, four.ParentId);
            Assert.Equal(_one.Id, store.FindSnapshot(_volumeId, "three")!.ParentId);
        }
        // What was moved aside keeps its blocks, so that moved back and mended it is as before.
        _scratch.Repack();
        Flip(report.Quarantined[1], 100);
        foreach (string path in report.Quarantined)
            File.Move(path, path.Replace("/quarantine/", "/", StringComparison.Ordinal));
        using SnapshotStore reader = _scratch.Read();
        Assert.Equal(StoreScratch.Random(5000, 3), StoreScratch.ReadFile(reader, reader.FindSnapshot(_volumeId, "two")!, "own"));
    }

    [Fact]
    public void Repair_moves_a_snapshot_with_a_damaged_manifest_aside()
    {
        Flip(Manifest(_three), 100);
        Assert.Throws<CorruptDataException>(() => _scratch.Collect());
        Assert.Equal(2, Check(repair: true).Quarantined.Count);
        _scratch.Collect();
        using SnapshotStore reader = _scratch.Read();
        Assert.Equal(["one", "two"], reader.Snapshots(_volumeId).Select(snapshot => snapshot.Name));
        Assert.Equal(_two.Id, reader.FindVolume(_volumeId)!.HeadSnapshotId);
    }

    [Fact]
    public void A_snapshot_whose_record_is_damaged_can_be_deleted_by_its_id_and_is_moved_aside()
    {
        Flip(Info(_three), 100);
        using (SnapshotStore store = _scratch.Write())
            store.DeleteSnapshot(_volumeId, _three.Id, DeleteMode.Everything);
        Assert.Equal(2, Directory.GetFiles(Path.Combine(_scratch.Path, "quarantine"), "*", SearchOption.AllDirectories).Length);
        using SnapshotStore reader = _scratch.Read();
        Assert.Equal(["one", "two"], reader.Snapshots(_volumeId).Select(snapshot => snapshot.Name));
        Assert.Equal(_two.Id, reader.FindVolume(_volumeId)!.HeadSnapshotId);
    }

    [Fact]
    public void Statistics_count_what_is_unique_shared_and_exclusive()
    {
        using (SnapshotStore store = _scratch.Write())
            store.DeleteSnapshot(_volumeId, StoreScratch.Take(store, store.FindVolume(_volumeId)!, "gone", ("x", StoreScratch.Random(7000, 9))).Id, DeleteMode.Everything);
        using SnapshotStore reader = _scratch.Read();
        using var counter = new StatisticsReader(reader);
        StoreStatistics statistics = counter.Run(null, default);
        Assert.Equal(Large.Length + (3 * Shared.Length) + 5000, statistics.ReferencedBytes);
        Assert.Equal(Large.Length + Shared.Length + 5000, statistics.UniqueBytes);
        Assert.Equal(statistics.UniqueBytes, statistics.StoredBytes);
        Assert.Equal(7000 + 48, statistics.GarbageBytes);
        Assert.Equal(153, statistics.Blocks);
        Assert.Equal(
            [("one", Large.Length + Shared.Length, Large.Length + (150 * 48)), ("two", 5000 + Shared.Length, 5048), ("three", Shared.Length, 0)],
            statistics.Snapshots.Select(one => (one.Snapshot.Name!, (int)one.ReferencedBytes, (int)one.ExclusiveBytes)));
    }

    private StoreCheckReport Check(bool quick = false, bool repair = false)
    {
        _told.Clear();
        var options = new StoreCheckOptions { Quick = quick, Repair = repair, Parallelism = 3, Damage = new Told(_told) };
        return new StoreChecker(_scratch.Session(), options, "tarrsync").Run(default);
    }

    private string Name(string id) => id == _one.Id ? "1" : id == _two.Id ? "3" : "2";

    private string Info(SnapshotRecord snapshot) => Path.Combine(_scratch.Path, "volumes", _volumeId, "snapshots", snapshot.Id + ".info");

    private string Manifest(SnapshotRecord snapshot) => Path.Combine(_scratch.Path, "manifests", snapshot.Id + ".manifest");

    // The first snapshot's pack is the large one.
    private string Pack(SnapshotRecord snapshot) => Directory.EnumerateFiles(Path.Combine(_scratch.Path, "packs"))
        .Single(path => new FileInfo(path).Length > 1_000_000 == (snapshot.Id == _one.Id));

    private static void Flip(string path, int at)
    {
        byte[] bytes = File.ReadAllBytes(path);
        bytes[at] ^= 1;
        File.WriteAllBytes(path, bytes);
    }

    private sealed class Told(List<StoreDamage> all) : IProgress<StoreDamage>
    {
        public void Report(StoreDamage value) => all.Add(value);
    }
}
