namespace StorageEngines;

/// <summary>A volume was not asked, because there is nothing to compare. That says nothing of whether it changed.</summary>
/// <param name="Volume">The volume.</param>
/// <param name="Location">Where it was when the volumes were listed; null if it was not among them.</param>
/// <param name="Reason">What is missing.</param>
public sealed record FleetSkip(VolumeRef Volume, BytePath? Location, FleetSkipReason Reason) : FleetEvent(Volume, Location);
