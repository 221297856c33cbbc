using System.Buffers;
using System.Text;
using System.Text.Json;
using StorageEngines.Json;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Tests.Store;

/// <summary>The small reader and writer of records do what the framework's do.</summary>
public sealed class RecordJsonTests
{
    private const string Sample = """
        { "id": "0a1b", "n": -12, "zero": 0, "big": 9223372036854775807, "over": 9223372036854775808, "half": 1.50, "e": 1e2, "E": -0.5E-7, "t": true, "f" : false, "no": null,
          "esc": "a\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\ude00", "half pair": "\ud83d", "é": "é€😀", "n": 13, "o": { "list": [ "x", 1, [], {}, [ [ "deep" ] ] ], "\u0061": {} } }
        """;

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData(" [ ] ")]
    [InlineData("nul")]
    [InlineData("01")]
    [InlineData("-")]
    [InlineData("1.")]
    [InlineData("{\"a\":1,}")]
    [InlineData("[1] 2")]
    [InlineData("\"\u0001\"")]
    [InlineData("[[[[[[[[1]]]]]]]]")]
    [InlineData("[[[[[[[[[1]]]]]]]]]")]
    [InlineData("{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}")]
    [InlineData("/* x */ 1")]
    [InlineData(Sample)]
    public void Reads_what_the_framework_reads(string text) => AssertSame(Encoding.UTF8.GetBytes(text));

    [Fact]
    public void Reads_mutated_and_cut_texts_as_the_framework_does()
    {
        var random = new Random(11);
        byte[] sample = Encoding.UTF8.GetBytes(Sample);
        for (int length = 0; length < sample.Length; length++)
        {
            AssertSame(sample[..length]);
        }

        const string Likely = "{}[]\",:\\u019eE+-. \n\0\xff/*";
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = [.. sample];
            for (int changes = random.Next(1, 4); changes > 0; changes--)
            {
                bytes[random.Next(bytes.Length)] = random.Next(2) == 0 ? (byte)Likely[random.Next(Likely.Length)] : (byte)random.Next(256);
            }

            AssertSame(bytes);
        }
    }

    [Fact]
    public void Writes_what_the_framework_writes()
    {
        var random = new Random(12);
        var every = new StringBuilder();
        for (int c = 0; c <= char.MaxValue; c++)
        {
            every.Append((char)c).Append(c % 7 == 0 ? 'x' : ' ');
        }

        foreach (string text in (string[])["", every.ToString(), "a😀b", .. Enumerable.Range(0, 200).Select(_ => new string([.. Enumerable.Range(0, 9).Select(_ => (char)random.Next(65536))]))])
        {
            byte[] mine = RecordWriter.Write(json =>
            {
                json.WriteString("text", text);
                json.WriteNumber("number", long.MinValue);
                json.WriteStartObject("empty");
                json.WriteEndObject();
                json.WriteStartObject(text);
                json.WriteString(text, "a");
                json.WriteNumber("n", 0);
                json.WriteEndObject();
                json.WriteStartArray("none");
                json.WriteEndArray();
                json.WriteStartArray("list");
                json.WriteStringValue(text);
                json.WriteStringValue("b");
                json.WriteEndArray();
            });
            Assert.Equal(Encoding.UTF8.GetString(ByFramework(text)), Encoding.UTF8.GetString(mine));
        }

        Assert.Equal("{}", Encoding.UTF8.GetString(RecordWriter.Write(_ => { })));
    }

    private static byte[] ByFramework(string text)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteString("text", text);
            json.WriteNumber("number", long.MinValue);
            json.WriteStartObject("empty");
            json.WriteEndObject();
            json.WriteStartObject(text);
            json.WriteString(text, "a");
            json.WriteNumber("n", 0);
            json.WriteEndObject();
            json.WriteStartArray("none");
            json.WriteEndArray();
            json.WriteStartArray("list");
            json.WriteStringValue(text);
            json.WriteStringValue("b");
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return bytes.WrittenSpan.ToArray();
    }

    private static void AssertSame(byte[] bytes)
    {
        string shown = Convert.ToHexString(bytes);
        JsonDocument? expected = null;
        try
        {
            expected = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 8 });
        }
        catch (JsonException)
        {
            Assert.Throws<FormatException>(() => JsonText.Read(bytes, 0));
        }

        if (expected is not null)
        {
            AssertSame(expected.RootElement, JsonText.Read(bytes, 0), shown);
            expected.Dispose();
        }
    }

    private static void AssertSame(JsonElement expected, JsonValue found, string shown)
    {
        switch (expected.ValueKind)
        {
            case JsonValueKind.String:
                Assert.True(Text(() => expected.GetString()) == found.Text(), shown);
                break;
            case JsonValueKind.Number:
                Assert.True((expected.TryGetInt64(out long number) ? number : null) == found.Number(), shown);
                break;
            case JsonValueKind.Array:
                JsonElement[] items = [.. expected.EnumerateArray()];
                Assert.True(found.Kind == JsonKind.Array && items.Length == found.Values.Count, shown);
                foreach ((JsonElement item, JsonValue mine) in items.Zip(found.Values))
                {
                    AssertSame(item, mine, shown);
                }

                break;
            case JsonValueKind.Object:
                JsonProperty[] members = [.. expected.EnumerateObject()];
                Assert.True(found.Kind == JsonKind.Object && members.Length == found.Values.Count, shown);
                for (int i = 0; i < members.Length; i++)
                {
                    Assert.True(Text(() => members[i].Name) == found.Names[i].Text(), shown);
                    AssertSame(members[i].Value, found.Values[i], shown);
                }

                int last = Array.FindLastIndex(members, member => Text(() => member.Name) == "n");
                Assert.True(ReferenceEquals(last < 0 ? null : found.Values[last], found.Find("n")), shown);
                break;
            default:
                Assert.True(found.Kind == JsonKind.Other, shown);
                break;
        }
    }

    private static string? Text(Func<string?> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
