namespace StorageEngines;

/// <summary>The version of this contract. A host loads plug-ins of the same major version and of its own or an older minor version.</summary>
public static class EngineContract
{
    /// <summary>The contract's version, <c>1.0</c>.</summary>
    public const string Version = "1.0";

    /// <summary>The major version, 1. It changes when old plug-ins stop working.</summary>
    public const int Major = 1;

    /// <summary>The minor version, 0. It grows when something is added.</summary>
    public const int Minor = 0;
}
