using Microsoft.Extensions.Configuration;

namespace StorageEngines.Hosting;

/// <summary>Copies configuration into the options, by hand: no reflection, and a misspelt name is an error instead of being passed over.</summary>
internal static class ConfigurationReader
{
    private const string DirectoriesName = nameof(StorageEnginesOptions.PluginDirectories);
    private const string EnginesName = nameof(StorageEnginesOptions.Engines);

    public static void Read(IConfiguration configuration, StorageEnginesOptions options)
    {
        foreach (IConfigurationSection section in configuration.GetSection(StorageEnginesOptions.SectionName).GetChildren())
        {
            if (section.Key.Equals(DirectoriesName, StringComparison.OrdinalIgnoreCase))
            {
                ReadDirectories(section, options);
            }
            else if (section.Key.Equals(EnginesName, StringComparison.OrdinalIgnoreCase))
            {
                ReadEngines(section, options);
            }
            else
            {
                throw Wrong(section, $"is not known; known are {DirectoriesName} and {EnginesName}");
            }
        }
    }

    private static void ReadDirectories(IConfigurationSection section, StorageEnginesOptions options)
    {
        IEnumerable<string> directories = section.Value is { } line
            ? line.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            : section.GetChildren().Select(child => child.Value ?? throw Wrong(child, "has to be a path"));
        foreach (string directory in directories)
        {
            options.PluginDirectories.Add(directory);
        }
    }

    private static void ReadEngines(IConfigurationSection section, StorageEnginesOptions options)
    {
        foreach (IConfigurationSection engine in section.GetChildren())
        {
            if (!options.Engines.TryGetValue(engine.Key, out IDictionary<string, string>? settings))
            {
                options.Engines.Add(engine.Key, settings = new Dictionary<string, string>(StringComparer.Ordinal));
            }

            foreach (IConfigurationSection setting in engine.GetChildren())
            {
                settings[setting.Key] = setting.Value ?? throw Wrong(setting, "has to be a text, a number or a truth value");
            }
        }
    }

    // The value is not repeated: it may be a secret.
    private static FormatException Wrong(IConfigurationSection section, string what) => new($"The configuration '{section.Path}' {what}.");
}
