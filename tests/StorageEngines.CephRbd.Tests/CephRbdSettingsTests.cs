using StorageEngines.CephRbd.Blocks;

namespace StorageEngines.CephRbd.Tests;

public sealed class CephRbdSettingsTests
{
    [Fact]
    public void Nothing_said_is_the_default()
    {
        var settings = CephRbdSettings.Parse(new Dictionary<string, string>());
        Assert.Equal(("client.admin", DiffMode.Hybrid, (bool?)null, 30, 32), (settings.User, settings.Mode, settings.UsesLibrary, settings.TimeoutSeconds, settings.Parallel));
    }

    [Theory]
    [InlineData("user", "")]
    [InlineData("user", "client.")]
    [InlineData("conf", "ceph.conf")]
    [InlineData("keyring", "")]
    [InlineData("mode", "fast")]
    [InlineData("access", "krbd")]
    [InlineData("timeout", "0")]
    [InlineData("timeout", "3601")]
    [InlineData("parallel", "-1")]
    [InlineData("parallel", "1e3")]
    public void What_cannot_be_is_refused_by_name(string name, string value)
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => CephRbdSettings.Parse(new Dictionary<string, string> { [name] = value }));
        Assert.Contains($"'{name}'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("backup", "client.backup")]
    [InlineData("client.backup", "client.backup")]
    public void A_user_may_be_given_either_way(string given, string user) => Assert.Equal(user, CephRbdSettings.Parse(new Dictionary<string, string> { ["user"] = given }).User);

    [Fact]
    public void Who_reaches_the_cluster_otherwise_does_not_share_a_connection()
    {
        string Key(string name, string value) => CephRbdSettings.Parse(new Dictionary<string, string> { [name] = value }).ConnectionKey;
        string[] keys = [Key("user", "a"), Key("user", "b"), Key("conf", "/a"), Key("keyring", "/a"), Key("timeout", "5"), Key("parallel", "5")];
        Assert.Equal(keys.Length, keys.Distinct().Count());
        Assert.Equal(Key("mode", "exact"), Key("mode", "hybrid"));
    }
}
