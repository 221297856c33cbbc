namespace StorageEngines.CephRbd.Blocks;

/// <summary>An extent as Ceph tells it: in any order within a period, and possibly beyond the end.</summary>
/// <param name="Offset">Where it begins; bytes.</param>
/// <param name="Length">Its length; bytes.</param>
/// <param name="Exists">False if it reads as zeroes; true says nothing about its content.</param>
internal readonly record struct RawExtent(long Offset, long Length, bool Exists);
