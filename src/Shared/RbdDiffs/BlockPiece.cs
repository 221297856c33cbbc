namespace StorageEngines.RbdDiffs;

/// <summary>A range with its bytes.</summary>
/// <param name="Range">The range; data ranges are at most <see cref="RbdDiffFormat.MaxWriteBytes"/> long.</param>
/// <param name="Data">The bytes; empty for a range of zeroes.</param>
internal readonly record struct BlockPiece(Extent Range, ReadOnlyMemory<byte> Data);
