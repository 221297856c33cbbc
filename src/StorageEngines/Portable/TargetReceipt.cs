namespace StorageEngines;

/// <summary>What is known of a restored path.</summary>
/// <param name="Snapshot">The snapshot that it holds; while <see cref="Applying"/> is set, the one it held before.</param>
/// <param name="Path">Where it was when that was written down; for people.</param>
/// <param name="Fingerprint">
/// What the path looked like then; another one means that somebody has changed it since. While <see cref="Applying"/> is set, what it looked like before
/// the first write, or after the last one.
/// </param>
internal sealed record TargetReceipt(Guid Snapshot, BytePath Path, string Fingerprint)
{
    /// <summary>The snapshot that was being brought when it was cut short, or null. Default: null.</summary>
    internal Guid? Applying { get; init; }

    /// <summary>Device nodes of the snapshot are missing, because who restored it may not make any. Default: false.</summary>
    internal bool NodesLeftOut { get; init; }
}
