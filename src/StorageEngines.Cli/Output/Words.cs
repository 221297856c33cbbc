using System.Collections.Concurrent;

namespace StorageEngines.Cli.Output;

/// <summary>The words for enumerations in JSON and tables: the names in camel case. They are part of the documented JSON.</summary>
internal static class Words
{
    // Long lists of changes have few combinations.
    private static readonly ConcurrentDictionary<int, string[]> Kinds = [];

    internal static string Of<T>(T value)
        where T : struct, Enum
        => Camel(value.ToString());

    /// <summary>The word of a state.</summary>
    internal static string Of(ExtentState state) => state switch { ExtentState.Data => "data", ExtentState.Zero => "zero", _ => Camel(state.ToString()) };

    /// <summary>The word of a type.</summary>
    internal static string Of(TreeEntryType type) => type switch { TreeEntryType.File => "file", TreeEntryType.Directory => "directory", _ => Camel(type.ToString()) };

    /// <summary>The flags that are set, one word each.</summary>
    internal static IReadOnlyList<string> Of(EngineCapability flags)
        => [.. Enum.GetValues<EngineCapability>().Where(flag => flag != EngineCapability.None && (flags & flag) == flag).Select(flag => Camel(flag.ToString()))];

    /// <summary>The flags that are set, one word each.</summary>
    internal static IReadOnlyList<string> Of(FileChangeKind kinds)
    {
        if (!Kinds.TryGetValue((int)kinds, out string[]? words))
        {
            var found = new List<string>();
            for (int bit = 1; bit <= (int)FileChangeKind.Type; bit <<= 1)
            {
                if (((int)kinds & bit) != 0)
                {
                    found.Add(Camel(((FileChangeKind)bit).ToString()));
                }
            }

            Kinds[(int)kinds] = words = [.. found];
        }

        return words;
    }

    private static string Camel(string name) => char.ToLowerInvariant(name[0]) + name[1..];
}
