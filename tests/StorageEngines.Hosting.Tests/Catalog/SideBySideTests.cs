using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using Microsoft.Extensions.DependencyInjection;

namespace StorageEngines.Hosting.Tests;

/// <summary>Two versions of one engine at once, and the end of the old one. Plug-in objects are touched in methods of their own, so that no local keeps them.</summary>
public sealed class SideBySideTests : IDisposable
{
    private readonly TestPlugins _plugins = new();

    public void Dispose() => _plugins.Dispose();

    [Fact]
    public async Task Two_versions_run_side_by_side_and_the_highest_is_the_default()
    {
        AddBoth();
        await using ServiceProvider services = NewHost();
        IReadOnlyList<EngineDescriptor> engines = await services.Catalog().ListAsync();
        Assert.Equal(["2.0.0", "1.0.0"], engines.Select(engine => engine.Version));
        Assert.Equal([true, false], engines.Select(engine => engine.IsDefault));
        Assert.Equal("A plug-in with nothing wrong", engines[1].Description);
        Assert.Equal("2.0.0 with SharedDep 2.0 two", await ProbeAsync(services.Catalog(), null));
        Assert.Equal("1.0.0", await ProbeAsync(services.Catalog(), "1.0.0"));
        Assert.Equal("1.0", SharedDep.Marker.Version);
    }

    [Fact]
    public async Task Newer_version_that_cannot_be_loaded_leaves_the_older_one_in_charge()
    {
        AddBoth();
        File.Delete(Path.Combine(_plugins.Directory, "good", "2.0.0", "SharedDep.dll"));
        await using ServiceProvider services = NewHost();
        Assert.Equal("1.0.0", await ProbeAsync(services.Catalog(), null));
        Assert.Equal(PluginFault.MissingDependency, Assert.Single(services.Catalog().Failures).Fault);
        PluginException e = Assert.Throws<PluginException>(() => services.Catalog().OpenEngine("good", "2.0.0"));
        Assert.Equal(PluginFault.MissingDependency, e.Fault);
    }

    [Fact]
    public async Task Retired_version_drains_unloads_and_is_collected()
    {
        AddBoth();
        await using ServiceProvider services = NewHost();
        var catalog = (StorageEngineCatalog)services.Catalog();
        EngineSource source = catalog.Sources.Single(s => s.Version.ToString() == "1.0.0");
        Task retired = await RetireWhileOpenAsync(catalog);
        await retired.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Throws<StorageEngineException>(() => catalog.OpenEngine("good", "1.0.0"));
        AssertCollected(source);
        Assert.Equal("2.0.0 with SharedDep 2.0 two", await ProbeAsync(catalog, null));
    }

    [Fact]
    public async Task Reload_sends_new_opens_to_the_new_version_and_unloads_the_old_one_after_its_last_engine()
    {
        string folder = _plugins.Add("GoodPlugin.One", "good");
        await using ServiceProvider services = NewHost();
        var catalog = (StorageEngineCatalog)services.Catalog();
        EngineSource old = Assert.Single(catalog.Sources);
        await UpgradeWhileOpenAsync(catalog, folder);
        AssertCollected(old);
    }

    [Fact]
    public async Task Reload_keeps_what_did_not_change()
    {
        AddBoth();
        await using ServiceProvider services = NewHost();
        var catalog = (StorageEngineCatalog)services.Catalog();
        EngineSource[] before = [.. catalog.Sources];
        ReloadResult result = await catalog.ReloadAsync();
        Assert.Empty(result.Added);
        Assert.Empty(result.Retired);
        Assert.Equal(before, catalog.Sources);
    }

    [Fact]
    public async Task Overwriting_a_loaded_assembly_in_place_does_no_harm()
    {
        string folder = _plugins.Add("GoodPlugin.One", "good");
        await using ServiceProvider services = NewHost();
        await using IStorageEngine engine = services.Catalog().OpenEngine("good");
        File.WriteAllBytes(Path.Combine(folder, "GoodPlugin.dll"), new byte[100]);
        Assert.Equal("1.0.0", (await engine.ProbeAsync()).Version);
        Assert.Null(engine.Feature<ISnapshots>());
    }

    [Fact]
    public async Task Disposed_host_unloads_its_plugins()
    {
        AddBoth();
        EngineSource[] sources = await OpenAndDisposeHostAsync();
        Assert.All(sources, AssertCollected);
    }

    [Fact]
    public async Task Disposed_engine_is_not_usable_and_disposing_twice_counts_once()
    {
        AddBoth();
        await using ServiceProvider services = NewHost();
        IStorageEngine first = services.Catalog().OpenEngine("good");
        await using IStorageEngine second = services.Catalog().OpenEngine("good");
        Assert.Equal(2, (await services.Catalog().ListAsync())[0].OpenEngines);
        await first.DisposeAsync();
        await first.DisposeAsync();
        Assert.Equal(1, (await services.Catalog().ListAsync())[0].OpenEngines);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await first.ProbeAsync());
    }

    [Fact]
    public async Task Many_threads_open_while_versions_come_and_go()
    {
        AddBoth();
        await using ServiceProvider services = NewHost();
        IStorageEngineCatalog catalog = services.Catalog();
        using var stop = new CancellationTokenSource();
        Task[] openers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                Assert.NotEqual("", await ProbeAsync(catalog, null));
            }
        }))];
        for (int round = 0; round < 10; round++)
        {
            await catalog.RetireAsync("good", round % 2 == 0 ? "2.0.0" : "1.0.0").WaitAsync(TimeSpan.FromSeconds(30));
            await catalog.ReloadAsync();
        }

        await stop.CancelAsync();
        await Task.WhenAll(openers);
    }

    private static void AssertCollected(EngineSource source)
    {
        WeakReference context = source.ContextReference ?? throw new InvalidOperationException("It was never loaded.");
        for (int i = 0; i < 20 && context.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(context.IsAlive, $"{source} is still in memory.");
        Assert.DoesNotContain(AssemblyLoadContext.All, loaded => ReferenceEquals(loaded, context.Target));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<string> ProbeAsync(IStorageEngineCatalog catalog, string? version)
    {
        await using IStorageEngine engine = catalog.OpenEngine("good", version);
        return (await engine.ProbeAsync()).Version;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<Task> RetireWhileOpenAsync(StorageEngineCatalog catalog)
    {
        await using IStorageEngine engine = catalog.OpenEngine("good", "1.0.0");
        Task retired = catalog.RetireAsync("good", "1.0.0");
        Assert.False(retired.IsCompleted);
        Assert.Equal("1.0.0", (await engine.ProbeAsync()).Version);
        return retired;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task UpgradeWhileOpenAsync(StorageEngineCatalog catalog, string folder)
    {
        ReloadResult result;
        await using (IStorageEngine engine = catalog.OpenEngine("good"))
        {
            Directory.Delete(folder, recursive: true);
            _plugins.Add("GoodPlugin.Two", "good");
            result = await catalog.ReloadAsync();
            Assert.Equal(["good 2.0.0"], result.Added);
            Assert.Equal(["good 1.0.0"], result.Retired);
            Assert.False(result.Drained.IsCompleted);
            Assert.StartsWith("2.0.0", await ProbeAsync(catalog, null));
            Assert.Equal("1.0.0", (await engine.ProbeAsync()).Version);
        }

        await result.Drained.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task<EngineSource[]> OpenAndDisposeHostAsync()
    {
        await using ServiceProvider services = NewHost();
        await services.Catalog().ListAsync();
        EngineSource[] sources = [.. ((StorageEngineCatalog)services.Catalog()).Sources];
        await ProbeAsync(services.Catalog(), null);
        return sources;
    }

    private void AddBoth()
    {
        _plugins.Add("GoodPlugin.One", "good/1.0.0");
        _plugins.Add("GoodPlugin.Two", "good/2.0.0");
    }

    private ServiceProvider NewHost() => Host.With(options => options.PluginDirectories.Add(_plugins.Directory));
}
