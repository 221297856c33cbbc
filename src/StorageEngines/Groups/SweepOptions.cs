namespace StorageEngines;

/// <summary>Which leftovers to sweep.</summary>
public sealed record SweepOptions
{
    /// <summary>Only leftovers of this owner. Default: null, of every owner.</summary>
    public string? Owner { get; init; }

    /// <summary>How old a snapshot has to be: a younger one may still be in use. Range: zero or more. Default: 24 hours.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Only snapshots of this volume. Default: null, of all volumes of the engine.</summary>
    public VolumeRef? Volume { get; init; }

    /// <summary>The clock. Default: the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
