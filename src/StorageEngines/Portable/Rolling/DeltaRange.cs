namespace StorageEngines.Portable.Rolling;

/// <summary>A part of the target.</summary>
/// <param name="Start">Where it begins.</param>
/// <param name="End">Where it ends.</param>
/// <param name="IsEqual">Whether it is known to be what the base has, <paramref name="Distance"/> bytes further on.</param>
/// <param name="Distance">Of the place in the base from that in the target, in bytes. Default: 0, the same place.</param>
internal readonly record struct DeltaRange(long Start, long End, bool IsEqual, long Distance = 0);
