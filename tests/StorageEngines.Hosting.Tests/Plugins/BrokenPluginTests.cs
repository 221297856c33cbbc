using Microsoft.Extensions.DependencyInjection;

namespace StorageEngines.Hosting.Tests;

/// <summary>Each way to be broken gives one error of its own, and the plug-in beside it works.</summary>
public sealed class BrokenPluginTests : IDisposable
{
    private readonly TestPlugins _plugins = new();

    public void Dispose() => _plugins.Dispose();

    [Fact]
    public Task Dependency_that_nobody_has_is_missed_before_the_first_use()
    {
        _plugins.Add("LonelyPlugin", "bad");
        return AssertFails(PluginFault.MissingDependency, "needs LonelyDep 1.0.0.0, which is not in its folder");
    }

    [Fact]
    public Task Host_does_not_lend_its_private_copy()
    {
        Assert.Equal("1.0", SharedDep.Marker.Version);
        string folder = _plugins.Add("GoodPlugin.Two", "bad");
        File.Delete(Path.Combine(folder, "SharedDep.dll"));
        return AssertFails(PluginFault.MissingDependency, "needs SharedDep 2.0.0.0, which is not in its folder", "GoodPlugin.One");
    }

    [Theory]
    [InlineData("1.9", PluginFault.ContractTooNew)]
    [InlineData("2.0", PluginFault.ContractTooNew)]
    [InlineData("0.9", PluginFault.ContractTooOld)]
    public Task Other_contract_is_refused_by_metadata(string version, PluginFault fault)
    {
        _plugins.AddWithContract("bad", version);
        return AssertFails(fault, $"engine contract {version}");
    }

    [Theory]
    [InlineData("\"min\": \"1.0\", \"max\": \"1.0\"", "\"min\": \"1.3\", \"max\": \"1.4\"", PluginFault.ContractTooNew)]
    [InlineData("\"min\": \"1.0\", \"max\": \"1.0\"", "\"min\": \"0.1\", \"max\": \"0.9\"", PluginFault.ContractTooOld)]
    [InlineData("\"id\": \"good\"", "\"id\": \"other\"", PluginFault.ManifestMismatch)]
    [InlineData("GoodPlugin.dll", "Absent.dll", PluginFault.EntryMissing)]
    public Task Manifest_that_does_not_fit_is_refused(string oldText, string newText, PluginFault fault)
    {
        _plugins.AddWithManifest("bad", TestPlugins.Manifest(oldText, newText));
        return AssertFails(fault, "");
    }

    [Fact]
    public Task Factory_that_throws_is_named_with_its_words()
    {
        _plugins.Add("ThrowingPlugin", "bad");
        return AssertFails(PluginFault.FactoryThrew, "TinyPlugin.Factory: InvalidOperationException: no /dev/zfs");
    }

    [Fact]
    public Task Assembly_without_the_attribute_is_no_plugin()
    {
        _plugins.AddWithEntry("bad", File.ReadAllBytes(typeof(SharedDep.Marker).Assembly.Location));
        return AssertFails(PluginFault.NotAPlugin, "[assembly: StorageEnginePlugin(\"1.0\", typeof(YourFactory))]");
    }

    [Fact]
    public Task Text_is_no_assembly()
    {
        _plugins.AddWithEntry("bad", "just text\n"u8.ToArray());
        return AssertFails(PluginFault.NotAnAssembly, "is not a .NET assembly");
    }

    [Fact]
    public Task Native_library_is_no_assembly()
    {
        string native = Directory.GetFiles(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "libSystem.Native.so").Single();
        _plugins.AddWithEntry("bad", File.ReadAllBytes(native));
        return AssertFails(PluginFault.NotAnAssembly, "is not a .NET assembly");
    }

    [Fact]
    public Task Empty_file_is_no_assembly()
    {
        _plugins.AddWithEntry("bad", []);
        return AssertFails(PluginFault.NotAnAssembly, "is not a .NET assembly");
    }

    [Fact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public Task Folder_that_everybody_may_write_is_not_loaded()
    {
        string folder = _plugins.Add("GoodPlugin.One", "bad");
        File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.OtherWrite);
        return AssertFails(PluginFault.UnsafePermissions, "chmod o-w");
    }

    [Fact]
    public async Task Same_version_twice_is_reported_and_the_first_one_used()
    {
        _plugins.Add("GoodPlugin.One", "a");
        _plugins.Add("GoodPlugin.One", "b");
        await using ServiceProvider services = Host.With(options => options.PluginDirectories.Add(_plugins.Directory));
        EngineDescriptor engine = Assert.Single(await services.Catalog().ListAsync());
        Assert.Equal(Path.Combine(_plugins.Directory, "a"), engine.Origin);
        Assert.Equal(PluginFault.Duplicate, Assert.Single(services.Catalog().Failures).Fault);
    }

    [Fact]
    public async Task Directory_that_is_not_there_is_reported()
    {
        await using ServiceProvider services = Host.With(options => options.PluginDirectories.Add("/nowhere/at/all"));
        Assert.Empty(await services.Catalog().ListAsync());
        PluginFailure failure = Assert.Single(services.Catalog().Failures);
        Assert.Equal(PluginFault.DirectoryUnreadable, failure.Fault);
        Assert.Contains("/nowhere/at/all", failure.Message);
    }

    [Fact]
    public async Task Truncated_and_mutated_assemblies_never_get_past_the_loader()
    {
        byte[] whole = File.ReadAllBytes(Path.Combine(TestPlugins.Output("GoodPlugin.One"), "GoodPlugin.dll"));
        var random = new Random(20261121);
        string folder = _plugins.AddWithEntry("fuzz", whole);
        for (int round = 0; round < 300; round++)
        {
            byte[] damaged = round < 100 ? whole[..random.Next(whole.Length)] : (byte[])whole.Clone();
            for (int i = 0; i < 20 && round >= 100; i++)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            await File.WriteAllBytesAsync(Path.Combine(folder, "GoodPlugin.dll"), damaged);
            PluginManifest manifest = PluginManifestReader.Read(Path.Combine(folder, "plugin.json"));
            Exception? e = Record.Exception(() => PluginInspector.Inspect(manifest));
            Assert.True(e is null or PluginException, $"round {round}: {e}");
        }
    }

    private async Task AssertFails(PluginFault fault, string words, string workingProject = "GoodPlugin.Two")
    {
        _plugins.Add(workingProject, "works");
        await using ServiceProvider services = Host.With(options => options.PluginDirectories.Add(_plugins.Directory));
        IStorageEngineCatalog catalog = services.Catalog();
        EngineDescriptor working = Assert.Single(await catalog.ListAsync());
        Assert.Equal(Path.Combine(_plugins.Directory, "works"), working.Origin);
        PluginFailure failure = Assert.Single(catalog.Failures);
        Assert.Equal(fault, failure.Fault);
        Assert.Contains(words, failure.Message);
        Assert.Contains(Path.Combine(_plugins.Directory, "bad"), failure.Message);
        await using IStorageEngine engine = catalog.OpenEngine("good", working.Version);
        Assert.StartsWith(working.Version, (await engine.ProbeAsync()).Version);
    }
}
