using System.Text;
using StorageEngines.LvmThin.Snapshots;
using StorageEngines.LvmThin.Volumes;

namespace StorageEngines.LvmThin.Tests.Volumes;

public sealed class InventoryTests
{
    private static LogicalVolume Pool { get; } = new("vg", "tp", "pool") { GroupUuid = "g", Attributes = "twi-aotz--", ChunkBytes = 65536 };

    private static LogicalVolume Thin(string name, string uuid, long id, string attributes = "Vwi-a-tz--", string origin = "", params string[] tags)
        => new("vg", name, uuid) { GroupUuid = "g", Attributes = attributes, Origin = origin, OriginUuid = origin, Pool = "tp", PoolUuid = "pool", ThinId = id, Tags = tags };

    [Fact]
    public void Recorded_snapshots_by_others_are_listed_with_their_volume()
    {
        var inventory = new Inventory(LvsReport.Parse(Encoding.UTF8.GetBytes(Recorded.Report)));
        Assert.Equal(["seng/fs", "seng/vol1"], inventory.Volumes.Select(each => each.Lv.FullName).Order());
        ThinSnapshot snapshot = Assert.Single(inventory.Snapshots);
        Assert.Equal("seng/fs@fs_s1", snapshot.Ref.ToString());
        Assert.Equal(65536, snapshot.Pool!.ChunkBytes);
        Assert.NotNull(snapshot.Token);
    }

    [Fact]
    public void What_can_be_written_is_no_base()
    {
        var inventory = new Inventory([Pool, Thin("v", "V", 1), Thin("s", "S", 2, "Vwi---tz-k", "V")]);
        SnapshotInfo info = Assert.Single(inventory.Snapshots).Info;
        Assert.Null(info.ChangeToken);
        Assert.Contains("lvchange -pr", Assert.Single(info.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_snapshot_of_a_snapshot_belongs_to_the_volume_and_a_clone_to_nobody()
    {
        var inventory = new Inventory(
        [
            Pool, Thin("v", "V", 1), Thin("a", "A", 2, "Vri---tz-k", "V"), Thin("b", "B", 3, "Vri---tz-k", "A"), Thin("c", "C", 4, "Vri---tz-k", "A", SnapshotTags.Clone), Thin("d", "D", 5, "Vwi-a-tz--", "A"),
        ]);
        Assert.Equal(["A", "B"], inventory.Snapshots.Where(each => each.Volume.Id == "V").Select(each => each.Lv.Uuid));
        Assert.Equal(["C", "D", "V"], inventory.Volumes.Select(each => each.Id).Order());
    }

    [Fact]
    public void Snapshots_of_a_volume_that_was_rolled_back_stay_its_snapshots()
    {
        var inventory = new Inventory([Pool, Thin("v", "V2", 5, "Vwi-a-tz--", "S", SnapshotTags.Id + "V"), Thin("s", "S", 2, "Vri---tz-k", "", SnapshotTags.Snapshot + "V", SnapshotTags.Name + "one")]);
        ThinVolume volume = Assert.Single(inventory.Volumes);
        Assert.Equal(("V", "v"), (volume.Id, volume.Name));
        Assert.Equal(volume.Ref, Assert.Single(inventory.Snapshots).Volume);
    }

    [Fact]
    public void A_roll_back_that_was_killed_between_its_renames_leaves_the_volume_findable()
    {
        var inventory = new Inventory([Pool, Thin("seng-old-v", "V", 1), Thin("seng-new-v", "V2", 3, "Vwi---tz--", "S", SnapshotTags.Id + "V"), Thin("s", "S", 2, "Vri---tz-k", "V", SnapshotTags.Snapshot + "V")]);
        ThinVolume volume = Assert.Single(inventory.Volumes);
        Assert.Equal(("V", "v", "V"), (volume.Id, volume.Name, volume.Lv.Uuid));
        Assert.Equal(("vg", "v"), Assert.Single(inventory.Unfinished));
        Assert.Same(volume, inventory.FindVolume("vg", "v"));
    }

    [Fact]
    public void A_roll_back_that_was_killed_before_it_removed_the_old_volume_has_the_new_one()
    {
        var inventory = new Inventory([Pool, Thin("seng-old-v", "V", 1), Thin("v", "V2", 3, "Vwi---tz--", "S", SnapshotTags.Id + "V"), Thin("s", "S", 2, "Vri---tz-k", "V", SnapshotTags.Snapshot + "V")]);
        Assert.Equal("V2", Assert.Single(inventory.Volumes).Lv.Uuid);
    }

    [Fact]
    public void An_origin_outside_the_pool_is_external()
    {
        var inventory = new Inventory([Pool, Thin("v", "V", 1, "Vwi-a-tz--", "gone"), Thin("w", "W", 2)]);
        Assert.Equal([true, false], inventory.Volumes.OrderBy(each => each.Id, StringComparer.Ordinal).Select(each => each.HasExternalOrigin));
    }

    [Fact]
    public void Origins_in_a_ring_end_the_search()
        => Assert.Equal(2, new Inventory([Pool, Thin("a", "A", 1, "Vri---tz-k", "B"), Thin("b", "B", 2, "Vri---tz-k", "A")]).Snapshots.Count);

    [Fact]
    public void Snapshots_are_in_the_order_of_their_numbers_whatever_the_clock_said()
    {
        var inventory = new Inventory([Pool, Thin("v", "V", 1), Thin("b", "B", 9, "Vri---tz-k", "V") with { CreatedAt = DateTimeOffset.UnixEpoch }, Thin("a", "A", 2, "Vri---tz-k", "V") with { CreatedAt = DateTimeOffset.UnixEpoch.AddDays(1) }]);
        Assert.Equal(["A", "B"], inventory.Snapshots.Select(each => each.Lv.Uuid));
    }
}
