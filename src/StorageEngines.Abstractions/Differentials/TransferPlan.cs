namespace StorageEngines;

/// <summary>What an export will do.</summary>
/// <param name="Format">The format's name, e.g. <c>zfs-send</c>.</param>
/// <param name="FormatVersion">The format's version.</param>
/// <param name="Base">What the receiver has, or null for a full stream.</param>
/// <param name="Target">What it is to have.</param>
/// <param name="EstimatedBytes">About how many bytes the stream will have, or null if that is not known.</param>
/// <param name="ResumeToken">Where the stream begins if it resumes another one, or null.</param>
/// <param name="Steps">What will happen, for people.</param>
public sealed record TransferPlan(
    string Format, int FormatVersion, ChangeToken? Base, SnapshotRef Target, long? EstimatedBytes, string? ResumeToken, IReadOnlyList<string> Steps);
