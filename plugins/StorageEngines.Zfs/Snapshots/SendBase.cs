namespace StorageEngines.Zfs.Snapshots;

/// <summary>What a difference begins at: a snapshot, or a bookmark of one.</summary>
/// <param name="SendName">How 'zfs send -i' names it: <c>tank/vm@a</c> or <c>tank/vm#a</c>.</param>
/// <param name="Guid">The snapshot's guid.</param>
/// <param name="CreateTxg">The transaction group that it was cut in.</param>
/// <param name="VolumeBytes">The size of a zvol then, in bytes; null for a file system.</param>
/// <param name="Snapshot">The snapshot; null if a bookmark is all that is left.</param>
internal sealed record SendBase(string SendName, ulong Guid, ulong CreateTxg, long? VolumeBytes, ZfsSnapshot? Snapshot);
