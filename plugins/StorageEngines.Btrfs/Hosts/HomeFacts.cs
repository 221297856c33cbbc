using StorageEngines.Btrfs.Native;

namespace StorageEngines.Btrfs.Hosts;

/// <summary>What is in a snapshot's own directory.</summary>
/// <param name="Home">The directory.</param>
/// <param name="Data">The subvolume <c>data</c> in it; null if there is none.</param>
/// <param name="Info">The bytes of <c>info.json</c>; null if there is none.</param>
internal sealed record HomeFacts(BytePath Home, SubvolumeDetails? Data, byte[]? Info);
