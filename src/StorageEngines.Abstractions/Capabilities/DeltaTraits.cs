namespace StorageEngines;

/// <summary>How well an engine knows what changed.</summary>
/// <param name="GranularityBytes">Extents begin at multiples of this and end at one, or at the capacity; bytes, 1 or more.</param>
/// <param name="Style">Whether all extents have one length.</param>
/// <param name="Exactness">Whether unchanged bytes may be reported beside the granularity's rounding.</param>
/// <param name="ReportsZeroes">True if ranges that changed to zeroes come as <see cref="ExtentState.Zero"/>.</param>
/// <param name="BaseDataMustExist">True if the base snapshot's data has to be there; false if its token is enough.</param>
/// <param name="NeedsAdjacentSnapshots">True if no snapshot may stand between base and target.</param>
/// <param name="SurvivesResize">True if a delta across a change of size is right.</param>
/// <param name="SurvivesReboot">True if a restart of the host does not lose the tracking.</param>
/// <param name="MaxResults">The most extents in one batch; 0 if the engine sets no limit.</param>
public sealed record DeltaTraits(
    long GranularityBytes,
    ExtentStyle Style,
    Exactness Exactness,
    bool ReportsZeroes,
    bool BaseDataMustExist,
    bool NeedsAdjacentSnapshots,
    bool SurvivesResize,
    bool SurvivesReboot,
    int MaxResults = 0);
