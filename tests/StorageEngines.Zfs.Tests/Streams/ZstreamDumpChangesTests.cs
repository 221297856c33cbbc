using System.Text;
using StorageEngines.Zfs.Streams;

namespace StorageEngines.Zfs.Tests.Streams;

/// <summary>The map made of <c>zstream dump -v</c> is the one made of the stream itself.</summary>
public sealed class ZstreamDumpChangesTests
{
    private const long Capacity = 16 << 20;

    public static TheoryData<string> Single => [.. DumpTests.Dumped.Select(row => row.Data).Where(name => Vector.Text(name + ".dump").Split("hdrtype = ").Length == 2 && name is not ("more-resumed" or "more-redacted"))];

    [Theory]
    [MemberData(nameof(Single))]
    public void Text_and_stream_tell_the_same_of_every_object(string name)
    {
        var objects = new HashSet<ulong> { 5000 };
        ZfsSendReader reader = Vector.Open(name);
        while (reader.Read())
        {
            objects.Add(reader.Type == ZfsRecordType.Object ? reader.Record.U64(8) : 1);
        }

        Assert.All(objects, number =>
        {
            var question = new ZfsChangeQuestion(reader.Begin.FromGuid, reader.Begin.ToGuid, number, Capacity / 2, Capacity);
            Assert.Equal(ZfsExtents.Of(Vector.Open(name), question), Of(Vector.Text(name + ".dump"), question));
        });
    }

    [Fact]
    public void A_package_of_one_stream_is_that_stream()
    {
        (ulong from, ulong to) = Guids("fs-full-2-props");
        var question = new ZfsChangeQuestion(from, to, 2, 0, Capacity);
        Assert.Equal(ZfsExtents.Of(Vector.Open("fs-full-2-props"), question), Of(Vector.Text("fs-full-2-props.dump"), question));
    }

    [Fact]
    public void Every_truncation_before_the_END_is_an_error()
    {
        string text = Vector.Text("zvol-inc-1-2.dump");
        ZfsChangeQuestion question = Question();
        int end = text.IndexOf("\nEND", StringComparison.Ordinal) + 1;
        for (int length = 0; length < text.Length; length++)
        {
            if (length <= end || text[length - 1] != '\n')
            {
                Assert.Equal(length, Assert.Throws<CorruptDataException>(() => Of(text[..length], question)).Offset);
            }
            else
            {
                Assert.NotEmpty(Of(text[..length], question));
            }
        }
    }

    [Fact]
    public void Other_snapshots_and_what_is_left_out_are_refused()
    {
        string text = Vector.Text("zvol-inc-1-2.dump");
        Assert.Throws<BaseMismatchException>(() => Of(text, Question() with { ToGuid = 5 }));
        foreach (string name in (string[])["more-resumed", "more-redacted"])
        {
            (ulong from, ulong to) = Guids(name);
            Assert.Equal(EngineReason.NotSupported, Assert.Throws<StorageEngineException>(() => Of(Vector.Text(name + ".dump"), new ZfsChangeQuestion(from, to, 1, 0, Capacity))).Reason);
        }

        ulong first = Convert.ToUInt64(Vector.Text("more-package.dump").Split("toguid = ")[2].Split('\n')[0], 16);
        Assert.Contains("a second stream", Assert.Throws<CorruptDataException>(() => Of(Vector.Text("more-package.dump"), new ZfsChangeQuestion(0, first, 1, 0, Capacity))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_text_is_an_error_or_another_map_and_no_more()
    {
        byte[] text = Encoding.UTF8.GetBytes(Vector.Text("zvol-inc-1-2.dump"));
        var random = new Random(41);
        int refused = 0;
        for (int i = 0; i < 10_000; i++)
        {
            byte[] other = [.. text];
            for (int n = random.Next(1, 4); n > 0; n--)
            {
                other[random.Next(other.Length)] = (byte)random.Next(256);
            }

            try
            {
                ZfsExtents.Of(new ZstreamDumpChanges(new MemoryStream(other), "text", Question()), Question()).Count();
            }
            catch (StorageEngineException error)
            {
                Assert.Contains("text: byte ", error.Message, StringComparison.Ordinal);
                refused++;
            }
        }

        Assert.InRange(refused, 500, 10_000);
    }

    [Fact]
    public void A_line_without_an_end_costs_little()
    {
        var text = new MemoryStream(new byte[1 << 20]);
        Assert.Contains("a line of more than", Assert.Throws<CorruptDataException>(() => new ZstreamDumpChanges(text, "text", Question()).Read()).Message, StringComparison.Ordinal);
    }

    private static ZfsChangeQuestion Question()
    {
        (ulong from, ulong to) = Guids("zvol-inc-1-2");
        return new ZfsChangeQuestion(from, to, 1, Capacity / 2, Capacity);
    }

    // Of the last stream of a package.
    private static (ulong From, ulong To) Guids(string name)
    {
        ZfsSendReader reader = Vector.Open(name);
        Vector.Records(reader);
        return (reader.Begin.FromGuid, reader.Begin.ToGuid);
    }

    private static List<Extent> Of(string text, ZfsChangeQuestion question)
        => [.. ZfsExtents.Of(new ZstreamDumpChanges(new MemoryStream(Encoding.UTF8.GetBytes(text)), "text", question), question)];
}
