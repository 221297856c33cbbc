using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using StorageEngines.Zfs.Streams;

namespace StorageEngines.Zfs.Tests.Streams;

/// <summary>What the reader says of each recorded stream, against what <c>zstream dump -v</c> says of it.</summary>
public sealed partial class DumpTests
{
    public static TheoryData<string> Dumped => [.. Vector.All.Where(name => File.Exists(Path.Combine(Vector.Folder, name + ".dump")))];

    [Theory]
    [MemberData(nameof(Dumped))]
    public void Every_record_is_what_zstream_says(string name)
    {
        List<string> expected = [.. Expected(Vector.Text(name + ".dump"))];
        Assert.True(expected.Count > 10);
        Assert.Equal(expected, Read(Vector.Open(name)));
        Assert.Equal(expected, Read(Vector.Open(name, verify: false)));
        Assert.Equal(expected, Read(Vector.Open(name, keepPayloads: false)));
    }

    [Theory]
    [MemberData(nameof(Dumped))]
    public void The_totals_are_what_zstream_says(string name)
    {
        string dump = Vector.Text(name + ".dump");
        ZfsSendReader reader = Vector.Open(name);
        long records = 0, payload = 0;
        while (reader.Read())
        {
            records++;
            payload += reader.PayloadBytes;
        }

        Assert.Equal(Total(dump, "Total records"), records);
        Assert.Equal(Total(dump, "Total payload size"), payload);
        Assert.Equal(Total(dump, "Total stream length"), reader.Position);
    }

    [Fact]
    public void A_package_tells_its_snapshots()
    {
        ZfsSendReader reader = Vector.Open("fs-R-I-1-2");
        Assert.True(reader.Read());
        Assert.True(reader.Begin.IsPackage);
        NameValueList list = reader.ReadList();
        Assert.Equal("1", list.Text("fromsnap"));
        Assert.Equal("2", list.Text("tosnap"));
        NameValueList fs = list.List("fss")!.List("0x324b979cf24641bc")!;
        Assert.Equal("tank/v", fs.Text("name"));
        Assert.Equal(0x4000UL, fs.List("props")!.Number("recordsize"));
        Assert.Equal(["1", "2"], fs.List("snaps")!.Pairs.Select(pair => pair.Name));
        Assert.Equal(0x5db0264690c57cf7UL, fs.List("snaps")!.Number("2"));

        while (reader.Read() && reader.Type != ZfsRecordType.Begin)
        {
        }

        Assert.False(reader.Begin.IsPackage);
        Assert.True(reader.Package!.IsPackage);
        Assert.Equal(0x5db0264690c57cf7UL, reader.Begin.ToGuid);
        Assert.Equal(0x5a968519a29407bcUL, reader.Begin.FromGuid);
    }

    [Theory]
    [MemberData(nameof(Dumped))]
    public void Every_list_is_what_zstream_says(string name)
    {
        string[] dump = Vector.Text(name + ".dump").Split("SUMMARY", 2)[0].Split('\n');
        List<string> expected = [.. dump.Select(line => line.TrimStart('\t')).Where(line => ListLine().IsMatch(line)).Select(line => Array().Replace(line, ""))];
        var lines = new List<string>();
        ZfsSendReader reader = Vector.Open(name);
        while (reader.Read())
        {
            lines.AddRange(reader.Type == ZfsRecordType.Begin ? Header(reader.Begin).Concat(Lines(reader.ReadList())) : []);
        }

        Assert.Equal(expected, lines);
    }

    private static IEnumerable<string> Header(ZfsBegin begin) => [$"hdrtype = {(begin.IsPackage ? 2 : 1)}"];

    private static IEnumerable<string> Lines(NameValueList list) => list.Pairs.SelectMany(pair => pair.Kind switch
    {
        NameValueKind.Text => [$"{pair.Name} = {pair.Text}"],
        NameValueKind.List => Lines(pair.Lists[0]).Prepend($"{pair.Name} = (embedded nvlist)"),
        NameValueKind.Flag => [$"{pair.Name} = 1"],
        NameValueKind.UInt64 => [$"{pair.Name} = 0x{pair.Number:x}"],
        _ => (IEnumerable<string>)[$"{pair.Name} = "], // arrays, of which the values are not read
    });

    private static long Total(string dump, string what) => long.Parse(Regex.Match(dump, $@"^\s*{what} = (\d+)", RegexOptions.Multiline).Groups[1].Value, CultureInfo.InvariantCulture);

    private static IEnumerable<string> Expected(string dump)
    {
        foreach (Match begin in Begin().Matches(dump))
        {
            dump = dump.Replace(begin.Value, $"BEGIN hdrtype={begin.Groups[1].Value} features={begin.Groups[2].Value} created={begin.Groups[3].Value} volume={begin.Groups[4].Value == "3"} to={begin.Groups[5].Value} from={begin.Groups[6].Value} name={begin.Groups[7].Value} payload={begin.Groups[8].Value}", StringComparison.Ordinal);
        }

        foreach (string line in dump.Split("SUMMARY", 2)[0].Split('\n').Where(line => line.Length > 0 && char.IsUpper(line[0])))
        {
            yield return line.StartsWith("BEGIN", StringComparison.Ordinal) ? line : Unread().Replace(line, "").TrimEnd();
        }
    }

    private static List<string> Read(ZfsSendReader reader)
    {
        var lines = new List<string>();
        while (reader.Read())
        {
            lines.Add(Line(reader));
        }

        return lines;
    }

    private static string Line(ZfsSendReader reader)
    {
        ZfsRecordView record = reader.Record;
        switch (reader.Type)
        {
            case ZfsRecordType.Begin:
                ZfsBegin begin = reader.Begin;
                return $"BEGIN hdrtype={(begin.IsPackage ? 2 : 1)} features={(ulong)begin.Features:x} created={begin.CreationSeconds:x} volume={begin.IsVolume} to={begin.ToGuid:x} from={begin.FromGuid:x} name={begin.Name} payload={reader.PayloadBytes}";
            case ZfsRecordType.Object:
                var found = ZfsObject.Read(record);
                return $"OBJECT object = {found.Number} type = {found.Type} bonustype = {record.U32(20)} blksz = {found.BlockBytes} bonuslen = {record.U32(28)}";
            case ZfsRecordType.FreeObjects:
                return $"FREEOBJECTS firstobj = {record.U64(8)} numobjs = {record.U64(16)}";
            case ZfsRecordType.Write:
                var block = ZfsBlock.ReadWrite(record);
                int compression = record.U8(50);
                Assert.Equal(compression == 0 ? ZfsCompression.Off : (ZfsCompression)compression, block.Compression);
                return $"WRITE object = {block.Number} type = {record.U32(16)} checksum type = {record.U8(48)} compression type = {compression} flags = {record.U8(49)} offset = {block.Offset} logical_size = {block.Length} compressed_size = {record.U64(96)} payload_size = {block.PayloadBytes}";
            case ZfsRecordType.ObjectRange:
                return $"OBJECT_RANGE firstobj = {record.U64(8)} numslots = {record.U64(16)} flags = {record.U8(68)}";
            case ZfsRecordType.Redact:
                var redacted = ZfsRange.Read(record);
                return $"REDACT object = {redacted.Number} offset = {redacted.Offset} length = {redacted.Length}";
            case ZfsRecordType.Free:
                var range = ZfsRange.Read(record);
                return $"FREE object = {range.Number} offset = {range.Offset} length = {unchecked((long)range.Length)}";
            case ZfsRecordType.Spill:
                return $"SPILL block for object = {record.U64(8)} length = {record.U64(16)}";
            case ZfsRecordType.WriteEmbedded:
                var embedded = ZfsBlock.ReadEmbedded(record);
                return $"WRITE_EMBEDDED object = {embedded.Number} offset = {unchecked((ulong)embedded.Offset)} length = {embedded.Length} toguid = {record.U64(32):x} comp = {(int)embedded.Compression} etype = {record.U8(41)} lsize = {record.U32(48)} psize = {embedded.PayloadBytes}";
            case ZfsRecordType.End:
                return new StringBuilder("END checksum = ").Append(record.Checksum(8)).ToString();
            default:
                return reader.Type.ToString();
        }
    }

    // Those of the lists, and the first of each BEGIN to tell them apart.
    [GeneratedRegex(@"^(?!(features|magic|creation_time|type|flags|toguid|fromguid|toname|payloadlen) = )[\w:.-]+ = ")]
    private static partial Regex ListLine();

    [GeneratedRegex(@"(?<= = )0x\w+( 0x\w+)+$|(?<=redact_snaps = )0x\w+$")]
    private static partial Regex Array();

    [GeneratedRegex(@"BEGIN record\n\thdrtype = (\d+)\n\tfeatures = (\w+)\n\tmagic = 2f5bacbac\n\tcreation_time = (\w+)\n\ttype = (\d+)\n\tflags = \w+\n\ttoguid = (\w+)\n\tfromguid = (\w+)\n\ttoname = (.*)\n\tpayloadlen = (\d+)\n")]
    private static partial Regex Begin();

    // Numbers that no one here reads.
    [GeneratedRegex(@" (dn_slots|props|flags = \d+ compression type|salt) = .*")]
    private static partial Regex Unread();
}
