namespace StorageEngines;

/// <summary>What an export, an apply or a restore moved.</summary>
/// <param name="StreamBytes">Bytes of the stream; 0 for a restore, which has none.</param>
/// <param name="DataBytes">Bytes of data written, or shared with the snapshot where a restore can do that.</param>
/// <param name="ZeroBytes">Bytes that were cleared instead of written.</param>
/// <param name="Items">Records of a block stream, commands or entries of a tree stream.</param>
public sealed record DifferentialSummary(long StreamBytes, long DataBytes, long ZeroBytes, long Items);
