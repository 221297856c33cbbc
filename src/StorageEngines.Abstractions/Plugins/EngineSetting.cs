namespace StorageEngines;

/// <summary>A setting that an engine understands.</summary>
/// <param name="Name">Its name: lower-case letters, digits and <c>-</c>.</param>
/// <param name="Description">What it does, with unit, range and default.</param>
/// <param name="Required">True if the engine cannot do without it. Default: false.</param>
/// <param name="IsSecret">True if the value is a <see cref="SecretReference"/>. Default: false.</param>
public sealed record EngineSetting(string Name, string Description, bool Required = false, bool IsSecret = false);
