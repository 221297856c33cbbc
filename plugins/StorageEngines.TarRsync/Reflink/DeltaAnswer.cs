namespace StorageEngines.TarRsync.Reflink;

/// <summary>What changed in a file, and how that is known.</summary>
/// <param name="Source">How it is known.</param>
/// <param name="Exactness">How close it is to the truth.</param>
/// <param name="Extents">The changed extents, ascending. Enumerate them once, to the end or disposed of.</param>
internal sealed record DeltaAnswer(ChangeSource Source, Exactness Exactness, IEnumerable<Extent> Extents);
