namespace StorageEngines.Portable.Rolling;

/// <summary>A place of the target whose bytes are in the base.</summary>
/// <param name="At">The place in the target.</param>
/// <param name="From">The place in the base.</param>
internal readonly record struct DeltaMatch(long At, long From);
