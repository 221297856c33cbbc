namespace StorageEngines.CephRbd.Images;

/// <summary>Features of an image that matter here; the numbers are librbd's (<c>RBD_FEATURE_*</c>).</summary>
[Flags]
internal enum RbdFeatures : ulong
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>It can be cloned, and its snapshots protected.</summary>
    Layering = 1,

    /// <summary>Data may go to several objects in turns.</summary>
    Striping = 2,

    /// <summary>One writer at a time.</summary>
    ExclusiveLock = 4,

    /// <summary>There is a map of which objects exist.</summary>
    ObjectMap = 8,

    /// <summary>The map says which objects changed since the snapshot before.</summary>
    FastDiff = 16,
}
