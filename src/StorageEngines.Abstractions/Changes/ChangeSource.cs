namespace StorageEngines;

/// <summary>How an answer was really come by.</summary>
public enum ChangeSource
{
    /// <summary>The storage's own record of changes.</summary>
    NativeDelta,

    /// <summary>The storage's record of what is allocated: ranges that are not listed read as zeroes, they are not those of the base.</summary>
    NativeAllocated,

    /// <summary>Hashes of stored blocks, compared.</summary>
    HashCompare,

    /// <summary>Everything was taken to have changed.</summary>
    FullScan,
}
