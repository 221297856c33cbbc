namespace StorageEngines;

/// <summary>
/// Something that became known of one volume: <see cref="FleetExtents"/>, and at the end of each volume <see cref="FleetResult"/>, <see cref="FleetSkip"/> or
/// <see cref="FleetFailure"/>.
/// </summary>
/// <param name="Volume">The volume.</param>
/// <param name="Location">Where it was when the volumes were listed; null if it was not among them, but has snapshots.</param>
public abstract record FleetEvent(VolumeRef Volume, BytePath? Location);
