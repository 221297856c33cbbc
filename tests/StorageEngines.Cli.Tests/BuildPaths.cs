using System.Reflection;

namespace StorageEngines.Cli.Tests;

/// <summary>Where the build put things.</summary>
internal static class BuildPaths
{
    internal static string Tool => Metadata("CliPath");

    internal static string Configuration => Metadata("Configuration");

    internal static string RepositoryRoot => Metadata("RepositoryRoot");

    private static string Metadata(string key)
        => typeof(BuildPaths).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;
}
