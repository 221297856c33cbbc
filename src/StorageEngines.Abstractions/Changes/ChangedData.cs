namespace StorageEngines;

/// <summary>A batch of changed extents together with their bytes.</summary>
/// <param name="Map">The extents, and what <see cref="IBlockMap"/> would say with them.</param>
/// <param name="Data">The bytes of the extents with <see cref="ExtentState.Data"/>, one after the other. Good until the next batch is asked for.</param>
public readonly record struct ChangedData(ExtentBatch Map, ReadOnlyMemory<byte> Data);
