namespace StorageEngines.CephRbd.Images;

/// <summary>Whom a snapshot belongs to; the numbers are librbd's (<c>RBD_SNAP_NAMESPACE_TYPE_*</c>).</summary>
internal enum SnapshotSpace
{
    /// <summary>A user: it has a name.</summary>
    User = 0,

    /// <summary>A group's snapshot.</summary>
    Group = 1,

    /// <summary>Nobody: it was removed, but clones need it.</summary>
    Trash = 2,

    /// <summary>Mirroring.</summary>
    Mirror = 3,
}
