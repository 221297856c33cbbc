using StorageEngines.Transport;

namespace StorageEngines.TarRsync.Tests;

public sealed class FactorySettingsTests
{
    [Theory]
    [InlineData("reflink-from", "0")]
    [InlineData("reflink-from", "-1")]
    [InlineData("reflink-from", "16M")]
    [InlineData("reflink-from", "")]
    [InlineData("reflink-from", "99999999999999999999")]
    [InlineData("reflink", "yes")]
    [InlineData("chunker", "CDC")]
    [InlineData("walk", "bulk")]
    [InlineData("store", "relative/path")]
    public void A_setting_that_is_none_of_its_values_is_refused_by_name(string name, string value)
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => Create((name, value)));
        Assert.Contains($"'{name}'", error.Message, StringComparison.Ordinal);
        Assert.Contains($"'{value}'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("reflink-from", "1")]
    [InlineData("reflink-from", "9223372036854775807")]
    [InlineData("reflink", "never")]
    [InlineData("chunker", "fixed")]
    [InlineData("walk", "statx")]
    public async Task Their_values_are_taken(string name, string value)
    {
        await using IStorageEngine engine = Create((name, value));
        Assert.Equal("tarrsync", engine.Name);
    }

    private static IStorageEngine Create(params (string Name, string Value)[] settings)
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal) { ["store"] = "/nowhere/store" };
        foreach ((string name, string value) in settings)
        {
            all[name] = value;
        }

        return new TarRsyncEngineFactory().Create(new EngineContext(new LocalCommandRunner(), null!, null!, TimeProvider.System, all));
    }
}
