namespace StorageEngines.TarRsync.Store.Indexing;

/// <summary>Where one block is. Only the first 8 bytes of the id are kept: whoever needs the block compares the whole id with the record in the pack.</summary>
/// <param name="Key">The first 8 bytes of the id, big-endian.</param>
/// <param name="Pack">The pack's number in the table that goes with the entry.</param>
/// <param name="Offset">Offset of the record in the pack, in bytes.</param>
/// <param name="PlainLength">Bytes of the block.</param>
/// <param name="StoredLength">Bytes of the block as it is stored.</param>
internal readonly record struct IndexEntry(ulong Key, int Pack, uint Offset, int PlainLength, int StoredLength);
