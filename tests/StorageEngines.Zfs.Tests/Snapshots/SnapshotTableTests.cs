using System.Text;
using StorageEngines.Zfs.Datasets;
using StorageEngines.Zfs.Snapshots;

namespace StorageEngines.Zfs.Tests.Snapshots;

/// <summary>
/// The list of snapshots. Recorded from zfs 2.3.9:
/// <c>zfs list -Hp -t snapshot,bookmark -o name,guid,type,createtxg,creation,volsize,userrefs,objsetid,redact_snaps,clones,storage-engines:group,storage-engines:labels</c>.
/// </summary>
public sealed class SnapshotTableTests
{
    private const string Recorded =
        "tank/v@b\t10329015419174840110\tsnapshot\t12\t1795294316\t33554432\t2\t102\t-\ttank/c1,tank/c2\t-\t{\"a\":\"1\"}\n"
        + "tank/v@a b\t10329015419174840109\tsnapshot\t11\t1795294315\t16777216\t0\t99\t-\t\t-\t-\n"
        + "tank/v/kid@a\t7\tsnapshot\t11\t1795294315\t16777216\t0\t99\t-\t-\t-\t-\n"
        + "tank/v#a\t10329015419174840109\tbookmark\t11\t1795294315\t-\t-\t-\t-\t-\t-\t-\n"
        + "tank/v#seng:8f57f1b0e1c2d3a4:1000000:old\t10329015419174840228\tbookmark\t5\t1795294310\t-\t-\t-\t-\t-\t-\t-\n"
        + "tank/v#redacted\t9\tbookmark\t6\t1795294310\t-\t-\t-\t10329015419174840110\t-\t-\t-\n";

    private static readonly Dataset Volume = new("tank/v", VolumeKind.Block, 6628516179362273043, 9, null, 33554432, 16384, null, false);

    [Fact]
    public void A_recorded_list_is_read_oldest_first()
    {
        SnapshotTable table = SnapshotTable.Parse(Volume, Encoding.UTF8.GetBytes(Recorded));
        Assert.Equal(["tank/v@a b", "tank/v@b"], table.Snapshots.Select(each => each.FullName));
        ZfsSnapshot newer = table.Snapshots[1];
        Assert.Equal((33554432L, 2UL, 102UL), (newer.VolumeBytes!.Value, newer.Holds, newer.ObjectSet!.Value));
        Assert.Equal(["tank/c1", "tank/c2"], newer.Clones);
        Assert.Equal("{\"a\":\"1\"}", newer.Labels);
        Assert.Equal("10329015419174840110.12.33554432", newer.Token.Value);
        Assert.Equal(("6628516179362273043", "10329015419174840110"), (newer.Ref.Volume.Id, newer.Ref.Id));
        Assert.Empty(table.Snapshots[0].Clones);
    }

    [Fact]
    public void A_redaction_bookmark_is_never_a_base()
    {
        SnapshotTable table = SnapshotTable.Parse(Volume, Encoding.UTF8.GetBytes(Recorded));
        Assert.Equal(["tank/v#redacted", "tank/v#a"], table.Bookmarks.Select(each => each.FullName).Where(name => !name.Contains("seng", StringComparison.Ordinal)));
        Assert.Null(table.FindBookmark(9));
        Assert.Equal("tank/v#a", table.FindBookmark(10329015419174840109)!.FullName);
    }

    [Fact]
    public void A_bookmark_of_this_engine_tells_its_size_and_name()
    {
        var snapshot = new ZfsSnapshot(Volume, "monday", 0x8f57f1b0e1c2d3a4, 5, DateTimeOffset.UnixEpoch, 16777216);
        string name = ZfsBookmark.NameFor(snapshot);
        Assert.Equal("seng:8f57f1b0e1c2d3a4:1000000:monday", name);
        var bookmark = new ZfsBookmark(Volume, name, snapshot.Guid, 5, DateTimeOffset.UnixEpoch);
        Assert.True(bookmark is { IsOurs: true, SnapshotName: "monday", VolumeBytes: 16777216 });
        Assert.False((bookmark with { Guid = 1 }).IsOurs);
        Assert.False((bookmark with { Name = "seng:8f57f1b0e1c2d3a4:x:monday" }).IsOurs);
        var tree = new ZfsSnapshot(Volume with { Kind = VolumeKind.Tree }, "a:b", 1, 5, DateTimeOffset.UnixEpoch, null);
        Assert.Equal(("a:b", null), (new ZfsBookmark(Volume, ZfsBookmark.NameFor(tree), 1, 5, default).SnapshotName, new ZfsBookmark(Volume, ZfsBookmark.NameFor(tree), 1, 5, default).VolumeBytes));
    }

    [Fact]
    public void A_long_name_is_cut_so_that_the_bookmarks_name_fits()
    {
        Dataset deep = Volume with { Name = "tank/" + new string('x', 100) };
        var snapshot = new ZfsSnapshot(deep, new string('n', 140), 7, 5, default, 1 << 30);
        Assert.Equal(DatasetName.Longest, (deep.Name + "#" + ZfsBookmark.NameFor(snapshot)).Length);
    }

    [Theory]
    [InlineData("tank/v\t1\tsnapshot\t12\t1\t1\t0\t1\t-\t-\t-\t-\n", "not the name of a snapshot")]
    [InlineData("tank/v@a@b\t1\tsnapshot\t12\t1\t1\t0\t1\t-\t-\t-\t-\n", "not the name of a snapshot")]
    [InlineData("tank/v@a\t1\tsnapshot\t12\t1\t-\t0\t1\t-\t-\t-\t-\n", "has no bytes")]
    [InlineData("tank/v@a\t1\tsnapshot\t12\t99999999999999\t1\t0\t1\t-\t-\t-\t-\n", "is no time")]
    [InlineData("tank/v@a\t1\tsnapshot\t12\t1\t1\t0\t1\t-\t-\t-\n", "11 fields instead of 12")]
    public void What_is_no_list_is_told_with_its_place(string text, string why)
    {
        byte[] answer = [.. Encoding.UTF8.GetBytes(Recorded), .. Encoding.UTF8.GetBytes(text)];
        var error = Assert.Throws<CorruptDataException>(() => SnapshotTable.Parse(Volume, answer));
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
        Assert.Equal(Recorded.Length, error.Offset);
    }

    [Fact]
    public void Mutated_lists_are_lists_or_errors()
    {
        byte[] whole = Encoding.UTF8.GetBytes(Recorded);
        var random = new Random(11);
        for (int i = 0; i < 10_000; i++)
        {
            byte[] copy = [.. whole.AsSpan(0, random.Next(whole.Length + 1))];
            for (int k = random.Next(0, 4); k > 0 && copy.Length > 0; k--)
            {
                copy[random.Next(copy.Length)] = (byte)random.Next(256);
            }

            Exception? error = Record.Exception(() => SnapshotTable.Parse(Volume, copy));
            Assert.True(error is null or CorruptDataException, $"{error}");
        }
    }

    [Theory]
    [InlineData("1.2.-", true)]
    [InlineData("18446744073709551615.2.4096", true)]
    [InlineData("1.2", false)]
    [InlineData("1.2.0", false)]
    [InlineData("-1.2.-", false)]
    [InlineData("18446744073709551616.2.-", false)]
    public void A_token_is_read_or_refused(string value, bool valid)
    {
        var token = new ChangeToken("zfs", "1", "1", value);
        if (valid)
        {
            Assert.Equal(value, ZfsToken.Parse(token).ToString());
            Assert.Throws<StorageEngineException>(() => ZfsToken.Parse(token with { Engine = "btrfs" }));
        }
        else
        {
            Assert.Throws<StorageEngineException>(() => ZfsToken.Parse(token));
        }
    }
}
