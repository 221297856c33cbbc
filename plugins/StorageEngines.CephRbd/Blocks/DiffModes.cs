namespace StorageEngines.CephRbd.Blocks;

/// <summary>The modes by name.</summary>
internal static class DiffModes
{
    /// <summary>The setting.</summary>
    internal const string Setting = "mode";

    /// <summary>The name, as the setting and the answer have it.</summary>
    internal static string Name(this DiffMode mode) => mode switch
    {
        DiffMode.Hybrid => "hybrid",
        DiffMode.Exact => "exact",
        _ => "whole-object",
    };

    /// <summary>The mode that a setting chooses; hybrid if it is not given.</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    internal static DiffMode Parse(string? text) => text switch
    {
        null or "hybrid" => DiffMode.Hybrid,
        "exact" => DiffMode.Exact,
        "whole-object" => DiffMode.WholeObject,
        _ => throw new ArgumentException($"The setting '{Setting}' is '{text}'; give hybrid, exact or whole-object.", nameof(text)),
    };
}
