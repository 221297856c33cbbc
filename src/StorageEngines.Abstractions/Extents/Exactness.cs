namespace StorageEngines;

/// <summary>How close a list of changed extents is to the truth. It is never a subset.</summary>
public enum Exactness
{
    /// <summary>Everything that changed is there, and possibly more.</summary>
    Superset,

    /// <summary>What is there differs, within the granularity.</summary>
    Exact,
}
