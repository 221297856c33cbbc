namespace StorageEngines.Portable.Rolling;

/// <summary>A window that passed a filter.</summary>
/// <param name="At">Where it begins.</param>
/// <param name="Sum">Its checksum.</param>
internal readonly record struct RollingHit(int At, WeakSum Sum);
