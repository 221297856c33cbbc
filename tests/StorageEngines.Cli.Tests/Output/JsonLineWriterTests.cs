using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using StorageEngines.Cli.Output;

namespace StorageEngines.Cli.Tests.Output;

/// <summary>Lines are byte for byte what the framework's writer makes of the same calls.</summary>
public sealed class JsonLineWriterTests
{
    [Theory]
    [InlineData("")]
    [InlineData("plain/path 1.txt")]
    [InlineData("quote\" backslash\\ tab\t line\n return\r zero\0 escape\u001b delete\u007f")]
    [InlineData("ä/日本/😀/&<>'+`")]
    [InlineData("separators \u2028\u2029 next line \u0085 no character \uffff private \ue000")]
    public void Text_is_escaped_as_the_framework_does(string text)
    {
        var ours = new JsonLineWriter();
        ours.WriteStartObject();
        ours.WriteString("text", text);
        ours.WriteEndObject();
        Assert.Equal(Framework(json =>
        {
            json.WriteStartObject();
            json.WriteString("text", text);
            json.WriteEndObject();
        }), Encoding.UTF8.GetString(ours.Line));
    }

    [Fact]
    public void Half_of_a_pair_is_replaced_as_the_framework_does() => Text_is_escaped_as_the_framework_does($"half {(char)0xD83D} and the other {(char)0xDE00}");

    [Fact]
    public void Values_are_separated_as_the_framework_does()
    {
        var ours = new JsonLineWriter();
        for (int round = 0; round < 2; round++)
        {
            ours.Reset();
            ours.WriteStartObject();
            ours.WriteStartArray("empty");
            ours.WriteEndArray();
            ours.WriteStartArray("texts");
            ours.WriteStringValue("a");
            ours.WriteStringValue(null);
            ours.WriteStringValue(new string('b', 5000));
            ours.WriteEndArray();
            ours.WriteNull("nothing");
            ours.WriteNumber("no number", null);
            ours.WriteBoolean("right", true);
            ours.WriteBoolean("wrong", false);
            ours.WriteString("no text", null);
            ours.WriteStartObject("inner");
            ours.WriteNumber("least", long.MinValue);
            ours.WriteNumber("most", long.MaxValue);
            ours.WritePropertyName("zero");
            ours.WriteNumberValue(0);
            ours.WriteEndObject();
            ours.WriteEndObject();
        }

        Assert.Equal(Framework(json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("empty");
            json.WriteEndArray();
            json.WriteStartArray("texts");
            json.WriteStringValue("a");
            json.WriteNullValue();
            json.WriteStringValue(new string('b', 5000));
            json.WriteEndArray();
            json.WriteNull("nothing");
            json.WriteNull("no number");
            json.WriteBoolean("right", true);
            json.WriteBoolean("wrong", false);
            json.WriteNull("no text");
            json.WriteStartObject("inner");
            json.WriteNumber("least", long.MinValue);
            json.WriteNumber("most", long.MaxValue);
            json.WriteNumber("zero", 0);
            json.WriteEndObject();
            json.WriteEndObject();
        }), Encoding.UTF8.GetString(ours.Line));
    }

    private static string Framework(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            write(json);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
