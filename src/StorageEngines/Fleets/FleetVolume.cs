namespace StorageEngines;

/// <summary>A volume whose pair of snapshots is looked for while snapshots are listed, oldest first. Holds those that can still be of the pair.</summary>
/// <param name="reference">The volume.</param>
/// <param name="options">Which pair.</param>
internal sealed class FleetVolume(VolumeRef reference, FleetOptions options)
{
    private SnapshotInfo? _newestBase;
    private bool _any, _hasOlder;

    internal VolumeRef Ref => reference;

    internal BytePath? Location { get; init; }

    internal bool IsTree { get; init; }

    /// <summary>What to compare with; null if there is nothing.</summary>
    internal SnapshotInfo? Base { get; private set; }

    /// <summary>The newer one; null if there is none.</summary>
    internal SnapshotInfo? Target { get; private set; }

    /// <summary>Whether no snapshot can change the pair any more.</summary>
    internal bool IsComplete => !IsTree && options.TargetName is not null && Target is not null && (options.BaseName is null || Base is not null);

    /// <summary>Why there is nothing to ask; null if there is something.</summary>
    internal FleetSkipReason? SkipReason
        => IsTree ? FleetSkipReason.Tree
            : options.BaseName is not null && Base is null ? FleetSkipReason.BaseMissing
            : Target is null ? options.BaseName is null && options.TargetName is null ? FleetSkipReason.NoSnapshot : FleetSkipReason.TargetMissing
            : Base is null && !_hasOlder ? FleetSkipReason.OneSnapshot
            : null;

    /// <summary>What the difference starts at.</summary>
    /// <exception cref="ChangeTrackingUnavailableException">There are snapshots, and none of them can be a base.</exception>
    internal ChangeToken Token => Base?.ChangeToken ?? throw new ChangeTrackingUnavailableException(
        EngineReason.ChangeTrackingOff,
        Base is null ? $"No snapshot of '{reference}' before '{Target!.Ref}' can be the base of a difference; take a full copy."
            : $"Snapshot '{Base.Ref}' cannot be the base of a difference. {string.Join(' ', Base.Warnings)}".TrimEnd());

    /// <summary>Takes the next snapshot of the volume.</summary>
    /// <returns>True if no later one can change the pair.</returns>
    internal bool Add(SnapshotInfo snapshot)
    {
        bool isUsable = snapshot.State is SnapshotState.Ready or SnapshotState.MetadataOnly;
        if (options.BaseName is { } name && Base is null && snapshot.Ref.Name == name)
        {
            Base = snapshot;
        }
        else if (IsTarget(snapshot))
        {
            Target = snapshot;
            _hasOlder = _any;
            Base = options.BaseName is null ? _newestBase : Base;
        }

        _any |= isUsable;
        _newestBase = isUsable && snapshot.ChangeToken is not null && options.BaseName is null ? snapshot : _newestBase;
        return IsComplete;
    }

    private bool IsTarget(SnapshotInfo snapshot)
        => options.TargetName is { } name ? Target is null && snapshot.Ref.Name == name
            : snapshot.State == SnapshotState.Ready && (options.BaseName is null || Base is not null);
}
