using System.Text;

namespace StorageEngines.Hosting.Tests;

public sealed class PluginManifestReaderTests : IDisposable
{
    private readonly TestPlugins _plugins = new();

    public void Dispose() => _plugins.Dispose();

    [Theory]
    [InlineData("{ \"id\": \"good\",\n \"version\" \"1\" }", "line 2, byte 12")]
    [InlineData("[]", "is not valid at line 1")]
    [InlineData("null", "an object is wanted")]
    [InlineData("", "is not valid at line 1")]
    [InlineData("{}", "lacks 'id'")]
    [InlineData("{ \"id\": 7 }", "is not valid at line 1")]
    public void Malformed_manifest_is_refused_with_its_place(string text, string words)
    {
        PluginException e = ReadFails(text);
        Assert.Equal(PluginFault.ManifestInvalid, e.Fault);
        Assert.Contains(words, e.Message);
        Assert.Contains("plugin.json", e.Message);
    }

    [Theory]
    [InlineData("\"good\"", "\"Not Good\"", "'id'")]
    [InlineData("\"1.0.0\"", "\"one\"", "'version'")]
    [InlineData("GoodPlugin.dll", "../GoodPlugin.dll", "'entryAssembly'")]
    [InlineData("GoodPlugin.dll", "/etc/passwd", "'entryAssembly'")]
    [InlineData("\"min\": \"1.0\"", "\"min\": \"1\"", "'contract.min'")]
    [InlineData("\"min\": \"1.0\"", "\"min\": \"1.5\"", "range of 1.5 to 1.0")]
    [InlineData("\"max\": \"1.0\"", "\"max\": \"2.0\"", "one major version")]
    public void Wrong_member_is_named(string oldText, string newText, string words)
        => Assert.Contains(words, ReadFails(TestPlugins.Manifest(oldText, newText)).Message);

    [Fact]
    public void Oversized_manifest_is_refused()
        => Assert.Contains("larger than 65536 bytes", ReadFails("{" + new string(' ', 70_000) + "}").Message);

    [Fact]
    public void Byte_order_mark_comment_and_unknown_members_are_passed_over()
    {
        string text = "\uFEFF// ours\n" + TestPlugins.Manifest("{ \"id\"", "{ \"future\": [1, {}], \"id\"");
        string folder = _plugins.AddWithManifest("good", text);
        PluginManifest manifest = PluginManifestReader.Read(Path.Combine(folder, "plugin.json"));
        Assert.Equal("good", manifest.Id);
        Assert.Equal(Path.Combine(folder, "GoodPlugin.dll"), manifest.EntryAssembly);
    }

    [Fact]
    public void Every_truncation_and_many_mutations_give_a_manifest_or_a_plugin_exception()
    {
        byte[] whole = Encoding.UTF8.GetBytes(TestPlugins.Manifest("{ \"id\"", "{ \"id\""));
        string path = Path.Combine(_plugins.AddWithManifest("fuzz", ""), "plugin.json");
        var random = new Random(7);
        for (int round = 0; round < whole.Length + 500; round++)
        {
            byte[] bytes = round < whole.Length ? whole[..round] : (byte[])whole.Clone();
            for (int i = 0; i < 4 && round >= whole.Length; i++)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            File.WriteAllBytes(path, bytes);
            Exception? e = Record.Exception(() => PluginManifestReader.Read(path));
            Assert.True(e is null or PluginException, $"round {round}: {e}");
        }
    }

    private PluginException ReadFails(string text)
    {
        string folder = _plugins.AddWithManifest("bad", text);
        return Assert.Throws<PluginException>(() => PluginManifestReader.Read(Path.Combine(folder, "plugin.json")));
    }
}
