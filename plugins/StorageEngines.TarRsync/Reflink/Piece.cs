namespace StorageEngines.TarRsync.Reflink;

/// <summary>A range of a target as the maps of base and target show it.</summary>
/// <param name="Start">First byte.</param>
/// <param name="End">The byte after the last one.</param>
/// <param name="Kind">What they say of it.</param>
internal readonly record struct Piece(long Start, long End, PieceKind Kind);
