namespace StorageEngines.CephRbd.Blocks;

/// <summary>How changes are looked for.</summary>
internal enum DiffMode
{
    /// <summary>The object map says which objects changed, and only those are asked what changed in them; where the map cannot be trusted, <see cref="Exact"/>.</summary>
    Hybrid,

    /// <summary>Every object is asked what changed in it.</summary>
    Exact,

    /// <summary>The object map says which objects changed, and these are taken to have changed as a whole; where the map cannot be trusted, <see cref="Exact"/>.</summary>
    WholeObject,
}
