using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Native;

/// <summary>What to send.</summary>
/// <param name="Target">The snapshot's root, open. Stays the caller's, and open until the stream is disposed.</param>
/// <param name="ParentId">The id of the base snapshot on the same file system; 0 for a full stream.</param>
/// <param name="CloneSourceIds">Ids of snapshots that the receiver has and that data may be cloned from.</param>
/// <param name="Mode">How.</param>
/// <param name="Version">The protocol: 1 or 2.</param>
internal sealed record SendRequest(DirectoryHandle Target, ulong ParentId, IReadOnlyList<ulong> CloneSourceIds, SendMode Mode, uint Version);
