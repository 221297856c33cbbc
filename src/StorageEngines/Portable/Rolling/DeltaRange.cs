namespace StorageEngines.Portable.Rolling;

/// <summary>A part of the target.</summary>
/// <param name="Start">Where it begins.</param>
/// <param name="End">Where it ends.</param>
/// <param name="IsEqual">Whether it is known to be what the base has at the same place.</param>
internal readonly record struct DeltaRange(long Start, long End, bool IsEqual);
