namespace StorageEngines;

/// <summary>What a collection did. Sizes in bytes.</summary>
/// <param name="FreedBytes">What was given back.</param>
/// <param name="PendingBytes">What is not needed and waits for the end of its grace period.</param>
/// <param name="PendingUntil">When the last of it may go, by a later collection; null if nothing waits.</param>
/// <param name="UnusedBytes">What is not needed but lies in one file with what is: a repack frees it.</param>
public sealed record StoreCollectReport(long FreedBytes, long PendingBytes, DateTimeOffset? PendingUntil, long UnusedBytes);
