namespace StorageEngines;

/// <summary>What a repack did.</summary>
/// <param name="PacksRewritten">Files whose content was written anew.</param>
/// <param name="PacksWritten">Files that hold it now.</param>
/// <param name="BytesCopied">Bytes that were copied.</param>
/// <param name="PacksSkipped">Files that could not be written anew, because something in them is damaged.</param>
/// <param name="Collected">What the collection after it did.</param>
public sealed record StoreRepackReport(long PacksRewritten, long PacksWritten, long BytesCopied, long PacksSkipped, StoreCollectReport Collected);
