namespace StorageEngines;

/// <summary>How far a long operation is.</summary>
/// <param name="Phase">What it is doing, in a word or two, e.g. <c>walk</c>.</param>
/// <param name="BytesDone">Bytes done in this phase.</param>
/// <param name="BytesTotal">Bytes to do, or null if that is not known.</param>
/// <param name="ItemsDone">Files or extents done in this phase.</param>
/// <param name="ItemsTotal">Files or extents to do, or null if that is not known.</param>
public readonly record struct OperationProgress(string Phase, long BytesDone, long? BytesTotal, long ItemsDone = 0, long? ItemsTotal = null);
