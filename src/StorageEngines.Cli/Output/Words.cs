namespace StorageEngines.Cli.Output;

/// <summary>The words for enumerations in JSON and tables: the names in camel case. They are part of the documented JSON.</summary>
internal static class Words
{
    internal static string Of<T>(T value)
        where T : struct, Enum
        => Camel(value.ToString());

    /// <summary>The flags that are set, one word each.</summary>
    internal static IReadOnlyList<string> Of(EngineCapability flags)
        => [.. Enum.GetValues<EngineCapability>().Where(flag => flag != EngineCapability.None && (flags & flag) == flag).Select(flag => Camel(flag.ToString()))];

    /// <summary>The flags that are set, one word each.</summary>
    internal static IReadOnlyList<string> Of(FileChangeKind kinds)
        => [.. Enum.GetValues<FileChangeKind>().Where(kind => kind != FileChangeKind.None && (kinds & kind) == kind).Select(kind => Camel(kind.ToString()))];

    private static string Camel(string name) => char.ToLowerInvariant(name[0]) + name[1..];
}
