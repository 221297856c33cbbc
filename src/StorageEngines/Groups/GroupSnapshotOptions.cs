namespace StorageEngines;

/// <summary>How to snapshot volumes together.</summary>
public sealed record GroupSnapshotOptions
{
    /// <summary>What to bring to rest, in this order; released in the reverse order. Default: nothing.</summary>
    public IReadOnlyList<IQuiesceHook> Hooks { get; init; } = [];

    /// <summary>How long everything together may be at rest; beyond that the call fails. Range: above zero. Default: 10 seconds.</summary>
    public TimeSpan FreezeLimit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The least that the members have to be worth together. Default: <see cref="Consistency.Unknown"/>, whatever can be had.</summary>
    public Consistency MinimumConsistency { get; init; }

    /// <summary>Labels to keep with each member; an engine's own group snapshots keep none. Default: none.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>The clock. Default: the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
