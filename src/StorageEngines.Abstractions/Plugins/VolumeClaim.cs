namespace StorageEngines;

/// <summary>How strong an engine's claim to a path is; the strongest wins.</summary>
public enum VolumeClaim
{
    /// <summary>It cannot handle the path.</summary>
    None = 0,

    /// <summary>It can handle the path as it could any other.</summary>
    Fallback = 1,

    /// <summary>The path is on its kind of storage, but no volume of its own (a directory within a subvolume).</summary>
    Inside = 2,

    /// <summary>The path is a volume of its kind of storage.</summary>
    Native = 3,
}
