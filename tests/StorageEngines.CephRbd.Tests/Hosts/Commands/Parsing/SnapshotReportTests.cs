using System.Text;
using StorageEngines.CephRbd.Hosts.Commands.Parsing;
using StorageEngines.CephRbd.Images;

namespace StorageEngines.CephRbd.Tests.Hosts.Commands.Parsing;

public sealed class SnapshotReportTests
{
    private const string One = """[{"id":18446744073709551610,"name":"A","size":5,"protected":"true","timestamp":"Fri Nov  6 03:04:05 2026","namespace":{"type":"user"}}]""";

    private static List<RbdSnapshot> Parse(string text) => SnapshotReport.Parse(Encoding.UTF8.GetBytes(text), Recorded.PoolNumber);

    [Fact]
    public void The_recorded_snapshots_are_read()
    {
        List<RbdSnapshot> all = SnapshotReport.Parse(Recorded.Bytes("snap-ls.json"), Recorded.PoolNumber);
        Assert.Equal([SnapshotSpace.User, SnapshotSpace.User, SnapshotSpace.Trash, SnapshotSpace.Group], all.Select(each => each.Space));
        Assert.Equal(["A", Recorded.Hostile, all[2].Name, "s \"1"], all.Select(each => each.Label));
        Assert.True(Guid.TryParse(all[2].Name, out _));
        Assert.Equal(new GroupSnapshotName(Recorded.Pool, "-g", "s \"1"), all[3].Group);
        Assert.All(all, each => Assert.Equal((64 << 20, false), (each.SizeBytes, each.IsProtected)));
        Assert.All(all, each => Assert.InRange(each.CreatedAt, new DateTimeOffset(2026, 11, 22, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2026, 11, 23, 0, 0, 0, TimeSpan.Zero)));
        Assert.Equal(all.OrderBy(each => each.Id), all);
    }

    [Fact]
    public void A_group_whose_pool_is_gone_is_none()
        => Assert.Equal([null, null, null, null], SnapshotReport.Parse(Recorded.Bytes("snap-ls.json"), _ => null).Select(each => each.Group));

    [Fact]
    public void No_snapshot_is_nothing() => Assert.Empty(SnapshotReport.Parse(Recorded.Bytes("snap-ls-empty.json"), Recorded.PoolNumber));

    [Fact]
    public void A_day_of_one_digit_the_largest_number_and_protection_are_read()
    {
        RbdSnapshot one = Assert.Single(Parse(One));
        Assert.Equal((18446744073709551610, true, new DateTimeOffset(2026, 11, 6, 3, 4, 5, TimeSpan.Zero)), (one.Id, one.IsProtected, one.CreatedAt));
        Assert.True(Parse(One.Replace("\"true\"", "true", StringComparison.Ordinal))[0].IsProtected);
    }

    [Fact]
    public void The_order_is_that_of_their_numbers()
        => Assert.Equal([3, 9], Parse("[" + One[1..^1].Replace("18446744073709551610", "9", StringComparison.Ordinal) + "," + One[1..^1].Replace("18446744073709551610", "3", StringComparison.Ordinal) + "]").Select(each => (int)each.Id));

    [Fact]
    public void A_snapshot_of_an_old_release_has_no_time()
        => Assert.Equal(DateTimeOffset.UnixEpoch, Parse(One.Replace("Fri Nov  6 03:04:05 2026", "", StringComparison.Ordinal))[0].CreatedAt);

    [Fact]
    public void What_a_later_release_keeps_for_itself_is_not_seen() => Assert.False(Parse(One.Replace("\"user\"", "\"sync\"", StringComparison.Ordinal))[0].IsVisible);

    [Fact]
    public void A_name_that_is_not_UTF_8_does_not_hide_the_others()
    {
        byte[] text = Encoding.Latin1.GetBytes(One.Replace("\"A\"", "\"A\u00ff\"", StringComparison.Ordinal));
        Assert.Equal("A\uFFFD", Assert.Single(SnapshotReport.Parse(text, Recorded.PoolNumber)).Name);
    }

    [Theory]
    [InlineData("18446744073709551610", "18446744073709551616")]
    [InlineData("18446744073709551610", "-1")]
    [InlineData("18446744073709551610", "\"7\"")]
    [InlineData("\"A\"", "7")]
    [InlineData("\"A\"", "null")]
    [InlineData("5", "-5")]
    [InlineData("\"true\"", "\"yes\"")]
    [InlineData("\"true\"", "1")]
    [InlineData("Fri Nov  6 03:04:05 2026", "2026-11-06T03:04:05")]
    [InlineData("Fri Nov  6 03:04:05 2026", "Mon Nov  6 03:04:05 2026")]
    [InlineData("Fri Nov  6 03:04:05 2026", "Fri Nov 66 03:04:05 2026")]
    [InlineData("{\"type\":\"user\"}", "\"user\"")]
    [InlineData("{\"type\":\"user\"}", "{\"type\":7}")]
    [InlineData("{\"type\":\"user\"}", "{\"type\":\"group\",\"pool\":\"rbd\"}")]
    [InlineData(",\"namespace\":{\"type\":\"user\"}", "")]
    [InlineData("}]", "}")]
    [InlineData("[{", "{")]
    public void What_is_no_snapshot_is_an_error(string was, string now)
    {
        string text = One.Replace(was, now, StringComparison.Ordinal);
        Assert.NotEqual(One, text);
        CorruptDataException error = Assert.Throws<CorruptDataException>(() => Parse(text));
        Assert.Contains("rbd snap ls", error.DamagedObject, StringComparison.Ordinal);
    }
}
