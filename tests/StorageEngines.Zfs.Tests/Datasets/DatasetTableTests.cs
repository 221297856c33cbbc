using System.Text;
using StorageEngines.Zfs.Datasets;

namespace StorageEngines.Zfs.Tests.Datasets;

/// <summary>
/// The list of datasets. Recorded from zfs 2.3.9: <c>zfs list -Hp -t filesystem,volume -o name,guid,type,createtxg,origin,volsize,volblocksize,recordsize,encryption,keystatus,readonly,mounted,mountpoint</c>.
/// </summary>
public sealed class DatasetTableTests
{
    private const string Recorded =
        "tank\t677645558153653993\tfilesystem\t1\t-\t-\t-\t131072\toff\t-\toff\tyes\t/tank\n"
        + "tank/cl\t5992614742767721305\tfilesystem\t15\ttank/fs@a\t-\t-\t131072\toff\t-\ton\tno\t/tank/cl\n"
        + "tank/e\t18446744073709551615\tfilesystem\t16\t-\t-\t-\t1048576\taes-256-gcm\tunavailable\toff\tno\tlegacy\n"
        + "tank/v\t6628516179362273043\tvolume\t9\t-\t16777216\t16384\t-\toff\t-\toff\t-\t-\n";

    [Fact]
    public void A_recorded_list_is_read()
    {
        List<Dataset> all = DatasetTable.Parse(Encoding.UTF8.GetBytes(Recorded));
        Assert.Equal(["tank", "tank/cl", "tank/e", "tank/v"], all.Select(each => each.Name));
        Assert.Equal((VolumeKind.Tree, 677645558153653993UL, 131072, true), (all[0].Kind, all[0].Guid, all[0].BlockBytes, all[0].IsMounted));
        Assert.Equal("/tank", all[0].MountPoint!.Value.ToString());
        Assert.Equal(("tank/fs@a", true, false), (all[1].Origin, all[1].IsReadOnly, all[1].IsMounted));
        Assert.Equal((ulong.MaxValue, "18446744073709551615"), (all[2].Guid, all[2].Ref.Id));
        Assert.True(all[2] is { IsEncrypted: true, IsKeyLoaded: false, MountPoint: null });
        Assert.Equal((VolumeKind.Block, 16777216L, 16384), (all[3].Kind, all[3].VolumeBytes!.Value, all[3].BlockBytes));
        Assert.Equal(("tank", "tank/v", 16777216L), (all[3].Pool, all[3].Info.Location.ToString(), all[3].Info.CapacityBytes));
    }

    [Fact]
    public void A_mount_point_may_hold_a_tab()
    {
        byte[] line = Encoding.UTF8.GetBytes("tank\t1\tfilesystem\t1\t-\t-\t-\t131072\toff\t-\toff\tyes\t/a\tb ü\n");
        Assert.Equal(BytePath.FromString("/a\tb ü"), DatasetTable.Parse(line)[0].MountPoint!.Value);
    }

    [Fact]
    public void The_first_line_is_taken_from_what_follows()
    {
        byte[] answer = Encoding.UTF8.GetBytes(Recorded.Split('\n')[3] + "\nthe rest");
        Assert.Equal("tank/v", DatasetTable.ParseFirst(answer, out ReadOnlyMemory<byte> rest).Name);
        Assert.Equal("the rest", Encoding.UTF8.GetString(rest.Span));
    }

    [Theory]
    [InlineData("tank\t1\tfilesystem\t1\t-\t-\t-\t131072\toff\t-\toff\tyes\n", "12 fields instead of 13")]
    [InlineData("tank\tx\tfilesystem\t1\t-\t-\t-\t131072\toff\t-\toff\tyes\t/tank\n", "'x' is no number")]
    [InlineData("tank\t+1\tfilesystem\t1\t-\t-\t-\t131072\toff\t-\toff\tyes\t/tank\n", "'+1' is no number")]
    [InlineData("tank\t14.4E\tfilesystem\t1\t-\t-\t-\t131072\toff\t-\toff\tyes\t/tank\n", "'14.4E' is no number")]
    [InlineData("tank\t1\tsnapshot\t1\t-\t-\t-\t131072\toff\t-\toff\tyes\t/tank\n", "'snapshot' is no type")]
    [InlineData("tank/v\t1\tvolume\t1\t-\t-\t16384\t-\toff\t-\toff\t-\t-\n", "cannot be")]
    [InlineData("tank\t1\tfilesystem\t1\t-\t-\t-\t999999999\toff\t-\toff\tyes\t/tank\n", "cannot be")]
    [InlineData("ta\u0001nk\t1\tfilesystem\t1\t-\t-\t-\t512\toff\t-\toff\tyes\t/tank\n", "cannot be")]
    [InlineData("tank\t1\tfilesystem\t1\t-\t-\t-\t131072\toff\t-\toff\tyes\t/tank", "no end")]
    public void What_is_no_list_is_told_with_its_place(string text, string why)
    {
        byte[] answer = [.. Encoding.UTF8.GetBytes(Recorded), .. Encoding.UTF8.GetBytes(text)];
        var error = Assert.Throws<CorruptDataException>(() => DatasetTable.Parse(answer));
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
        Assert.Equal(Recorded.Length, error.Offset);
    }

    [Fact]
    public void Truncated_and_mutated_lists_are_lists_or_errors()
    {
        byte[] whole = Encoding.UTF8.GetBytes(Recorded);
        for (int length = 0; length < whole.Length; length++)
        {
            Try(whole.AsMemory(0, length));
        }

        var random = new Random(7);
        for (int i = 0; i < 10_000; i++)
        {
            byte[] copy = [.. whole];
            for (int k = random.Next(1, 4); k > 0; k--)
            {
                copy[random.Next(copy.Length)] = (byte)random.Next(256);
            }

            Try(copy);
        }
    }

    private static void Try(ReadOnlyMemory<byte> answer)
    {
        Exception? error = Record.Exception(() => DatasetTable.Parse(answer));
        Assert.True(error is null or CorruptDataException, $"{error}");
    }
}
