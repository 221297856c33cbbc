namespace StorageEngines;

/// <summary>What to do when an engine cannot say what changed.</summary>
public enum FallbackPolicy
{
    /// <summary>Fail; the engine's own error says why.</summary>
    Fail,

    /// <summary>Take everything that is allocated in the target to have changed; fail if the engine cannot say that either.</summary>
    Allocated,

    /// <summary>Take what is allocated, or else every byte, to have changed.</summary>
    AllocatedThenFull,
}
