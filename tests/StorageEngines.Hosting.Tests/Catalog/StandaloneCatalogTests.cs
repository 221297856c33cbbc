using System.Runtime.Loader;
using Microsoft.Extensions.Options;

namespace StorageEngines.Hosting.Tests;

public sealed class StandaloneCatalogTests : IDisposable
{
    private readonly TestPlugins _plugins = new();

    public void Dispose() => _plugins.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Plugins_work_without_a_container_and_are_collectible_only_if_they_may_be_unloaded(bool unload)
    {
        _plugins.Add("GoodPlugin.One", "good");
        await using IStorageEngineCatalog catalog = StandaloneCatalog.Create(options =>
        {
            options.PluginDirectories.Add(_plugins.Directory);
            options.UnloadPlugins = unload;
        });
        Assert.Equal("good", Assert.Single(await catalog.ListAsync()).Scheme);
        await using IStorageEngine engine = catalog.OpenEngine("good");
        EngineSource source = Assert.Single(((StorageEngineCatalog)catalog).Sources);
        var context = (AssemblyLoadContext)source.ContextReference!.Target!;
        Assert.Equal(unload, context.IsCollectible);
        Assert.NotSame(AssemblyLoadContext.Default, context);

        // Retiring drains in both cases; what stays in memory is no longer offered.
        await engine.DisposeAsync();
        await catalog.RetireAsync("good", Assert.Single(await catalog.ListAsync()).Version).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Empty(await catalog.ListAsync());
    }

    [Fact]
    public void Wrong_options_are_told_at_once()
    {
        OptionsValidationException e = Assert.Throws<OptionsValidationException>(() => StandaloneCatalog.Create(options => options.PluginDirectories.Add(" ")));
        Assert.Contains("PluginDirectories holds an empty path", e.Message);
    }
}
