namespace StorageEngines;

/// <summary>Kinds of places that hold secrets.</summary>
public enum SecretSource
{
    /// <summary>An environment variable of the host process.</summary>
    Environment,

    /// <summary>A file that only its owner may read; one trailing line break is dropped.</summary>
    File,
}
