namespace StorageEngines;

/// <summary>Asks how a volume differs now from a snapshot of it.</summary>
/// <param name="Volume">The volume.</param>
public sealed record PendingChangesQuery(VolumeRef Volume)
{
    /// <summary>The snapshot to compare with. Default: null, the one that the volume's state comes from: the last one, or the one that it was rolled back to.</summary>
    public ChangeToken? Base { get; init; }

    /// <summary>Told once, after the last change. Default: null.</summary>
    public IProgress<PendingTotals>? Totals { get; init; }
}
