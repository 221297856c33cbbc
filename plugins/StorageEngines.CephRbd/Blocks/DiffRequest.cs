using StorageEngines.CephRbd.Images;

namespace StorageEngines.CephRbd.Blocks;

/// <summary>Asks what differs.</summary>
/// <param name="From">The older snapshot; null for all that there is.</param>
/// <param name="To">The newer snapshot, or the image as it is now.</param>
/// <param name="Mode">How; decided already, so that hybrid means that the maps may be trusted.</param>
/// <param name="StartingOffset">Extents that end at it or before need not be told; bytes.</param>
internal sealed record DiffRequest(RbdSnapshot? From, RbdSnapshot To, DiffMode Mode, long StartingOffset);
