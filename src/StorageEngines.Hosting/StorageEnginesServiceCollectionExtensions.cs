using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using StorageEngines.Transport;

namespace StorageEngines.Hosting;

/// <summary>Adds storage engines to a program's services.</summary>
public static class StorageEnginesServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="IStorageEngineCatalog"/> and what it stands on, each as a singleton: <see cref="ICommandRunnerProvider"/>, <see cref="IHttpConnector"/>,
    /// <see cref="ISecretResolver"/>, <see cref="TimeProvider"/>. What is registered already stays. May be called several times.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets plug-in directories and engines' settings; null for none.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddStorageEngines(this IServiceCollection services, Action<StorageEnginesOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<StorageEnginesOptions>();
        if (configure is not null)
        {
            services.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<StorageEnginesOptions>, StorageEnginesOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ISecretResolver, SecretResolver>();
        services.TryAddSingleton<IHttpConnector, HttpConnector>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<ICommandTransport, SshCommandTransport>());
        services.TryAddSingleton<ICommandRunnerProvider, CommandRunnerProvider>();
        services.TryAddSingleton<HostSeams>();
        services.TryAddSingleton<IStorageEngineCatalog, StorageEngineCatalog>();
        return services;
    }

    /// <summary>
    /// Adds storage engines as the section <c>StorageEngines</c> says: <c>PluginDirectories</c>, a list of paths, and <c>Engines:SCHEME:SETTING</c>. A name
    /// that is not known is an error, found when the catalogue is first used.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configuration">The configuration that has the section.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddStorageEngines(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return services.AddStorageEngines(options => ConfigurationReader.Read(configuration, options));
    }

    /// <summary>
    /// Adds an engine that is part of the program, so that nothing is loaded at run time; this works in trimmed and ahead-of-time compiled
    /// programs.
    /// </summary>
    /// <typeparam name="TFactory">The engine's factory. Its assembly's version is the engine's.</typeparam>
    /// <param name="services">The services.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddStorageEngine<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TFactory>(
        this IServiceCollection services)
        where TFactory : class, IStorageEngineFactory
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton<TFactory>();
        services.AddSingleton(provider => BuiltInEngine.From(provider.GetRequiredService<TFactory>()));
        return services.AddStorageEngines();
    }
}
