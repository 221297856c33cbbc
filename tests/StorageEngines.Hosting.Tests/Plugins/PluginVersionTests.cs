namespace StorageEngines.Hosting.Tests;

public sealed class PluginVersionTests
{
    [Fact]
    public void Versions_order_as_semantic_versioning_says()
    {
        string[] ordered = ["0.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2", "1.10", "2.0.0"];
        PluginVersion[] versions = [.. ordered.Select(Parse)];
        for (int i = 0; i < versions.Length; i++)
        {
            for (int j = 0; j < versions.Length; j++)
            {
                Assert.Equal(i.CompareTo(j), Math.Sign(versions[i].CompareTo(versions[j])));
            }
        }
    }

    [Fact]
    public void Missing_numbers_are_zero_and_build_data_does_not_count()
    {
        Assert.Equal(Parse("1.0"), Parse("1.0.0"));
        Assert.Equal(Parse("1.0").GetHashCode(), Parse("1.0.0.0").GetHashCode());
        Assert.Equal(Parse("1.0.0"), Parse("1.0.0+abc"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("1.0.0-")]
    [InlineData("1.0.0-a..b")]
    [InlineData("1.0.0-ä")]
    [InlineData("-1.0")]
    [InlineData(" 1.0")]
    [InlineData("1.99999999999")]
    public void Other_text_is_no_version(string? text) => Assert.False(PluginVersion.TryParse(text, out _));

    private static PluginVersion Parse(string text)
    {
        Assert.True(PluginVersion.TryParse(text, out PluginVersion? version), text);
        return version;
    }
}
