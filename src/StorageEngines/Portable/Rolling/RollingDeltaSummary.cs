namespace StorageEngines;

/// <summary>What a rolling difference holds.</summary>
/// <param name="DeltaBytes">Bytes of the delta.</param>
/// <param name="NewBytes">Bytes of the target that the delta holds itself.</param>
/// <param name="CopiedBytes">Bytes of the target that the base has.</param>
/// <param name="Commands">Commands of the delta, without its end.</param>
/// <param name="ResultHash">
/// The target's checksum, as the algorithm, a colon and hexadecimal digits: <c>sha256:</c> up to 64 KiB, else <c>xxh3-128:</c> (<c>xxh128sum</c> prints the same). Null if it is not known, because unchanged parts were
/// not read.
/// </param>
public sealed record RollingDeltaSummary(long DeltaBytes, long NewBytes, long CopiedBytes, long Commands, string? ResultHash);
