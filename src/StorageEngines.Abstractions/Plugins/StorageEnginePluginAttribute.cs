namespace StorageEngines;

/// <summary>Marks an assembly as a plug-in. The host reads it from metadata before it loads a type.</summary>
/// <param name="contractVersion">The contract that the plug-in was built for, as <c>major.minor</c>: <see cref="EngineContract.Version"/>.</param>
/// <param name="factory">A public type with a public constructor without parameters that implements <see cref="IStorageEngineFactory"/>.</param>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class StorageEnginePluginAttribute(string contractVersion, Type factory) : Attribute
{
    /// <summary>The contract that the plug-in was built for, as <c>major.minor</c>.</summary>
    public string ContractVersion => contractVersion;

    /// <summary>The type that makes its engines.</summary>
    public Type Factory => factory;
}
