namespace StorageEngines.Hosting;

/// <summary>An engine that can be opened.</summary>
/// <param name="Scheme">Its name, which is the scheme of its volumes' addresses.</param>
/// <param name="Version">Its version.</param>
/// <param name="Origin">The plug-in's folder, or <c>built in</c>.</param>
/// <param name="Contract">The engine contract that it was built for, e.g. <c>1.0</c>.</param>
/// <param name="Description">One line for people; may be empty.</param>
/// <param name="Settings">What it can be told.</param>
/// <param name="IsDefault">True if this version is opened unless another one is asked for.</param>
/// <param name="OpenEngines">How many engines of it are open now.</param>
public sealed record EngineDescriptor(
    string Scheme,
    string Version,
    string Origin,
    string Contract,
    string Description,
    IReadOnlyList<EngineSetting> Settings,
    bool IsDefault,
    int OpenEngines);
