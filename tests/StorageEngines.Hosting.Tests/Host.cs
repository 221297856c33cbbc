using Microsoft.Extensions.DependencyInjection;

namespace StorageEngines.Hosting.Tests;

/// <summary>Small hosts for tests.</summary>
internal static class Host
{
    public static ServiceProvider With(params StubFactory[] factories) => With(null, factories);

    public static ServiceProvider With(Action<StorageEnginesOptions>? configure, params StubFactory[] factories)
    {
        var services = new ServiceCollection();
        foreach (StubFactory factory in factories)
        {
            services.AddSingleton(BuiltInEngine.From(factory));
        }

        return services.AddStorageEngines(configure).BuildServiceProvider();
    }

    public static IStorageEngineCatalog Catalog(this IServiceProvider services) => services.GetRequiredService<IStorageEngineCatalog>();
}
