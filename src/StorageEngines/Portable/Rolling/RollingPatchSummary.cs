namespace StorageEngines;

/// <summary>What applying a rolling difference made.</summary>
/// <param name="DeltaBytes">Bytes of the delta.</param>
/// <param name="NewBytes">Bytes of the result that came from the delta.</param>
/// <param name="CopiedBytes">Bytes of the result that came from the base.</param>
/// <param name="Commands">Commands of the delta, without its end.</param>
/// <param name="ResultHash">The result's checksum, as <see cref="RollingDeltaSummary.ResultHash"/> prints it.</param>
/// <param name="IsProven">
/// Whether the delta said what its result is, and that is what was made. False for a delta of another program, or of snapshots whose unchanged parts were not read.
/// </param>
public sealed record RollingPatchSummary(long DeltaBytes, long NewBytes, long CopiedBytes, long Commands, string ResultHash, bool IsProven);
