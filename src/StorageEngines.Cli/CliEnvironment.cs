using Microsoft.Extensions.DependencyInjection;
using StorageEngines.Hosting;

namespace StorageEngines.Cli;

/// <summary>What the tool touches of the process around it, so that tests can hand in something else.</summary>
internal sealed record CliEnvironment
{
    /// <summary>Standard output as bytes.</summary>
    internal Func<Stream> OpenOutput { get; init; } = Console.OpenStandardOutput;

    /// <summary>Standard input as bytes.</summary>
    internal Func<Stream> OpenInput { get; init; } = Console.OpenStandardInput;

    /// <summary>Standard error as text.</summary>
    internal TextWriter Error { get; init; } = Console.Error;

    /// <summary>Whether a person looks at standard output.</summary>
    internal bool OutputIsTerminal { get; init; } = !Console.IsOutputRedirected;

    /// <summary>Whether a person looks at standard error.</summary>
    internal bool ErrorIsTerminal { get; init; } = !Console.IsErrorRedirected;

    /// <summary>The width of the terminal in columns.</summary>
    internal int TerminalWidth { get; init; } = Console.IsOutputRedirected ? 120 : Math.Max(40, Console.WindowWidth);

    /// <summary>Environment variables.</summary>
    internal Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;

    /// <summary>The clock.</summary>
    internal TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Makes the engines' catalogue.</summary>
    internal Func<Action<StorageEnginesOptions>, IStorageEngineCatalog> Catalog { get; init; } = CreateCatalog;

    private static IStorageEngineCatalog CreateCatalog(Action<StorageEnginesOptions> configure)
        => new ServiceCollection().AddStorageEngines(configure).BuildServiceProvider().GetRequiredService<IStorageEngineCatalog>();
}
