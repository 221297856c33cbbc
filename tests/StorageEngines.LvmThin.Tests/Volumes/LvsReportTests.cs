using System.Text;
using StorageEngines.LvmThin.Volumes;

namespace StorageEngines.LvmThin.Tests.Volumes;

public sealed class LvsReportTests
{
    private static byte[] Bytes => Encoding.UTF8.GetBytes(Recorded.Report);

    [Fact]
    public void A_report_is_read()
    {
        List<LogicalVolume> all = LvsReport.Parse(Bytes);
        Assert.Equal(["fs", "fs_s1", "tp", "vol1"], all.Select(each => each.Name));
        LogicalVolume snapshot = all[1];
        Assert.Equal(("seng", "hqAc5q-C8Cg-N1Tl-vYKC-tXmd-qGrY-xd79iA", 67108864L, 3L, "fs"), (snapshot.Group, snapshot.Uuid, snapshot.SizeBytes, snapshot.ThinId, snapshot.Origin));
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1795294809), snapshot.CreatedAt);
        Assert.Equal(["seng.x:a+20b/c=d!e#f&g"], snapshot.Tags);
        Assert.Equal((false, true, true), (snapshot.IsWritable, snapshot.IsActive, snapshot.SkipsActivation));
        Assert.Equal("z9O4XjtAOPjlgTxIj7QhSSmTJOGERIzRhqAc5qC8CgN1TlvYKCtXmdqGrYxd79iA", snapshot.DeviceKey);
        Assert.Equal((true, 65536L, "tp_tmeta", -1L), (all[2].IsPool, all[2].ChunkBytes, all[2].MetadataName, all[2].ThinId));
    }

    [Fact]
    public void The_strict_format_with_numbers_and_lists_is_read_too()
    {
        string strict = Recorded.Report.Replace("\"thin_id\":\"3\"", "\"thin_id\":3", StringComparison.Ordinal).Replace("\"thin_id\":\"\"", "\"thin_id\":null", StringComparison.Ordinal)
            .Replace("\"lv_tags\":\"user.tag\"", "\"lv_tags\":[\"user.tag\",\"b\"]", StringComparison.Ordinal);
        List<LogicalVolume> all = LvsReport.Parse(Encoding.UTF8.GetBytes(strict));
        Assert.Equal((3L, -1L), (all[1].ThinId, all[2].ThinId));
        Assert.Equal(["user.tag", "b"], all[0].Tags);
    }

    [Theory]
    [InlineData("lv_uuid")]
    [InlineData("thin_id")]
    [InlineData("lv_tags")]
    public void A_row_without_a_column_is_an_error_that_names_it(string column)
    {
        byte[] without = Encoding.UTF8.GetBytes(Recorded.Report.Replace($"\"{column}\"", "\"other\"", StringComparison.Ordinal));
        CorruptDataException error = Assert.Throws<CorruptDataException>(() => LvsReport.Parse(without));
        Assert.Contains(column, error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.Offset);
    }

    [Theory]
    [InlineData("""{"report":[{"lv":[]}],"log":[]}""")]
    [InlineData("""{"log":[],"report":[]}""")]
    public void Nothing_is_nothing(string text) => Assert.Empty(LvsReport.Parse(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Every_truncation_is_an_error()
    {
        byte[] whole = Encoding.UTF8.GetBytes(Recorded.Report.TrimEnd());
        for (int length = 0; length < whole.Length; length++)
        {
            Assert.Throws<CorruptDataException>(() => LvsReport.Parse(whole.AsSpan(0, length)));
        }
    }

    [Fact]
    public void Mutations_are_read_or_are_an_error()
    {
        var random = new Random(7);
        int errors = 0;
        for (int i = 0; i < 10_000; i++)
        {
            byte[] mutant = Bytes;
            for (int j = random.Next(1, 4); j > 0; j--)
            {
                mutant[random.Next(mutant.Length)] = (byte)random.Next(256);
            }

            Exception? failure = Record.Exception(() => LvsReport.Parse(mutant));
            Assert.True(failure is null or CorruptDataException, $"mutant {i}: {failure}");
            errors += failure is null ? 0 : 1;
        }

        Assert.InRange(errors, 1, 9_999);
    }

    [Fact]
    public void What_is_nested_too_deep_is_an_error()
        => Assert.Throws<CorruptDataException>(() => LvsReport.Parse(Encoding.UTF8.GetBytes("{\"log\":" + new string('[', 5000) + new string(']', 5000) + "}")));
}
