namespace StorageEngines;

/// <summary>What a verification found.</summary>
/// <param name="Identical">True if base and changes together are the target, byte for byte and name for name.</param>
/// <param name="BytesCompared">Bytes of the target that were compared with the base or with zeroes.</param>
/// <param name="ChangedBytes">Bytes of the target that are reported as changed, zeroes among them.</param>
/// <param name="FilesCompared">Regular files whose content was looked at; 1 for a block volume.</param>
/// <param name="FirstDifference">The first place where a change is missing from the report, with path and offset; null if there is none.</param>
public sealed record VerificationReport(bool Identical, long BytesCompared, long ChangedBytes, long FilesCompared, string? FirstDifference);
