namespace StorageEngines;

/// <summary>Which volumes of an engine to ask about, and what.</summary>
/// <remarks>
/// Without names each volume is asked for what changed between its two newest snapshots that can be compared: the newest that is ready, and the newest one
/// before it that has a <see cref="SnapshotInfo.ChangeToken"/>. Labels need not be unique; the oldest snapshot of a label is taken.
/// </remarks>
public sealed record FleetOptions
{
    /// <summary>The most volumes that can be asked at once: 256.</summary>
    public const int MostParallel = 256;

    /// <summary>Default of <see cref="Parallel"/>: 8.</summary>
    public const int DefaultParallel = 8;

    /// <summary>How many volumes are asked at once. Range: 1 to <see cref="MostParallel"/>. Default: <see cref="DefaultParallel"/>.</summary>
    public int Parallel { get; init; } = DefaultParallel;

    /// <summary>The label of the snapshot to compare with. Default: null, the newest one before the target that can be a base.</summary>
    public string? BaseName { get; init; }

    /// <summary>The label of the newer snapshot. Default: null, the newest one that is ready; with <see cref="BaseName"/>, the newest after that.</summary>
    public string? TargetName { get; init; }

    /// <summary>Only snapshots whose labels begin so, compared by character; the others count as not there. Default: null, all.</summary>
    public string? NamePrefix { get; init; }

    /// <summary>
    /// Only volumes at this location or below it, in the engine's own terms and by whole names: <c>rbd</c> is not <c>rbd2</c>. A <c>/</c> at its end does
    /// not count, nor does one in front, which addresses with a host have, for engines whose locations have none. Default: null, all.
    /// </summary>
    public BytePath? Location { get; init; }

    /// <summary>
    /// False to list the snapshots of all volumes once, before the first volume is asked; true to list those of each volume when its turn comes. Once is one call, which matters where
    /// each starts a program. Per volume the first answers come at once, memory does not grow with the number of volumes, volumes that are not wanted are not looked at, and one
    /// whose snapshots cannot be listed is a failure of its own; volumes that only their snapshots tell of are not found. Default: null, what costs the engine least
    /// (<see cref="ISnapshots.ListsPerVolume"/>).
    /// </summary>
    public bool? ListPerVolume { get; init; }

    /// <summary>True to be told the extents, false for the totals only. Default: false.</summary>
    public bool WithExtents { get; init; }

    /// <summary>The most extents in one batch. Range: 0 or more; 0 leaves it to the engine. Default: 0.</summary>
    public int MaxResults { get; init; }

    /// <summary>Told how far it is: <c>list</c> counts snapshots that are listed beforehand, <c>compare</c> volumes and changed bytes. Default: null.</summary>
    public IProgress<OperationProgress>? Progress { get; init; }

    /// <summary>The clock that measures. Default: the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Throws unless every value is in its range and the names can be met.</summary>
    internal FleetOptions Validated()
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(Math.Clamp(Parallel, 1, MostParallel), Parallel, nameof(Parallel));
        ArgumentOutOfRangeException.ThrowIfNegative(MaxResults);
        ArgumentNullException.ThrowIfNull(Time);
        if (BaseName is not null && BaseName == TargetName)
        {
            throw new ArgumentException($"Base and target are both '{BaseName}'; name two snapshots.", nameof(TargetName));
        }

        RequirePrefix(BaseName, nameof(BaseName));
        RequirePrefix(TargetName, nameof(TargetName));
        return this;
    }

    private void RequirePrefix(string? name, string parameter)
    {
        if (name is not null && NamePrefix is not null && !name.StartsWith(NamePrefix, StringComparison.Ordinal))
        {
            throw new ArgumentException($"'{name}' does not begin with '{NamePrefix}', so that no volume has it; leave one of the two out.", parameter);
        }
    }
}
