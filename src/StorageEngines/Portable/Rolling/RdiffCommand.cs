namespace StorageEngines.Portable.Rolling;

/// <summary>One command of a delta.</summary>
/// <param name="Piece">What it adds to the result.</param>
/// <param name="At">The byte of the delta at which it begins.</param>
internal readonly record struct RdiffCommand(DeltaPiece Piece, long At);
