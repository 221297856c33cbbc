namespace StorageEngines.Hosting;

/// <summary>Holds settings against what an engine says it understands. No message repeats a value.</summary>
internal static class EngineSettingRules
{
    /// <summary>What is wrong with the settings, a sentence each; nothing if they are right.</summary>
    public static IReadOnlyList<string> Problems(string scheme, IReadOnlyDictionary<string, string> settings, IReadOnlyList<EngineSetting> known)
    {
        var problems = new List<string>();
        foreach (string name in settings.Keys)
        {
            if (!Knows(known, name))
            {
                string names = known.Count == 0 ? "none" : string.Join(", ", known.Select(setting => setting.Name).Order(StringComparer.Ordinal));
                problems.Add($"The engine '{scheme}' has no setting '{name}'; it has: {names}.");
            }
        }

        problems.Sort(StringComparer.Ordinal);
        foreach (EngineSetting setting in known)
        {
            bool given = settings.TryGetValue(setting.Name, out string? value) && value.Length > 0;
            if (setting.Required && !given)
            {
                problems.Add($"The engine '{scheme}' needs the setting '{setting.Name}': {setting.Description}");
            }
            else if (setting.IsSecret && given && !IsReference(value!))
            {
                problems.Add(
                    $"The setting '{setting.Name}' of the engine '{scheme}' is a secret; give it by reference, as env:NAME or file:/path, not by value.");
            }
        }

        return problems;
    }

    private static bool Knows(IReadOnlyList<EngineSetting> known, string name)
    {
        foreach (EngineSetting setting in known)
        {
            if (setting.Name == name)
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsReference(string value)
    {
        try
        {
            _ = SecretReference.Parse(value);
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
