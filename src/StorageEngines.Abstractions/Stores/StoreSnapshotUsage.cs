namespace StorageEngines;

/// <summary>What one snapshot takes. In bytes.</summary>
/// <param name="Snapshot">The snapshot.</param>
/// <param name="CreatedAt">When it was cut, UTC.</param>
/// <param name="ReferencedBytes">What its files hold, without holes.</param>
/// <param name="ExclusiveBytes">Stored bytes that it alone needs: what its deletion frees.</param>
public sealed record StoreSnapshotUsage(SnapshotRef Snapshot, DateTimeOffset CreatedAt, long ReferencedBytes, long ExclusiveBytes);
