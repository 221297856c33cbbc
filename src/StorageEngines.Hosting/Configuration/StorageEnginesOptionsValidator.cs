using Microsoft.Extensions.Options;

namespace StorageEngines.Hosting;

/// <summary>Checks what can be checked without the engines: names and forms. What an engine understands is checked when it is opened.</summary>
internal sealed class StorageEnginesOptionsValidator : IValidateOptions<StorageEnginesOptions>
{
    public ValidateOptionsResult Validate(string? name, StorageEnginesOptions options)
    {
        var problems = new List<string>();
        foreach (string directory in options.PluginDirectories)
        {
            if (string.IsNullOrWhiteSpace(directory))
            {
                problems.Add("StorageEngines:PluginDirectories holds an empty path.");
                break;
            }
        }

        foreach ((string scheme, IDictionary<string, string> settings) in options.Engines)
        {
            if (!SchemeName.IsValid(scheme))
            {
                problems.Add($"StorageEngines:Engines:{scheme} is no engine's name: {SchemeName.Rule}.");
            }

            foreach (string key in settings.Keys)
            {
                if (!SchemeName.IsValid(key))
                {
                    problems.Add($"StorageEngines:Engines:{scheme}:{key} is no setting's name: {SchemeName.Rule}.");
                }
            }
        }

        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }
}
