namespace StorageEngines;

/// <summary>What the host hands to an engine: its seams to the world and its settings.</summary>
/// <param name="Commands">Runs commands, here or on another host.</param>
/// <param name="Http">Opens HTTP sessions.</param>
/// <param name="Secrets">Resolves references to secrets.</param>
/// <param name="Time">The clock.</param>
/// <param name="Settings">The settings by name; values that are secrets are references. Names are compared by character.</param>
public sealed record EngineContext(
    ICommandRunner Commands,
    IHttpConnector Http,
    ISecretResolver Secrets,
    TimeProvider Time,
    IReadOnlyDictionary<string, string> Settings);
