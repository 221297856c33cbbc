namespace StorageEngines;

/// <summary>What a snapshot's content is worth, from weak to strong. Recorded as it really was, not as it was wished for.</summary>
public enum Consistency
{
    /// <summary>Not known, or files changed while they were read.</summary>
    Unknown,

    /// <summary>Each file is whole in itself, but they were read one after the other.</summary>
    PerFile,

    /// <summary>As after a loss of power: one instant.</summary>
    Crash,

    /// <summary>The file system was at rest.</summary>
    FileSystem,

    /// <summary>The application was at rest.</summary>
    Application,
}
