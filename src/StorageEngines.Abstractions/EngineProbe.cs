namespace StorageEngines;

/// <summary>What an engine found when it looked for its back end.</summary>
/// <param name="Version">The back end's version as it says it, e.g. <c>zfs-2.2.7</c>; for an engine without a back end, its own.</param>
/// <param name="Notes">What a person should know: a missing privilege, an optional program that is not there. May be empty.</param>
public sealed record EngineProbe(string Version, IReadOnlyList<string> Notes);
