namespace StorageEngines;

/// <summary>A part of a target's content that the base has too, at this or another place.</summary>
/// <param name="Offset">Where it begins in the target, in bytes.</param>
/// <param name="BaseOffset">Where it begins in the base, in bytes.</param>
/// <param name="Length">Its length in bytes, more than 0.</param>
public readonly record struct ContentMatch(long Offset, long BaseOffset, long Length);
