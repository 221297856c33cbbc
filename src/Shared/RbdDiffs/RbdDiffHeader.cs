namespace StorageEngines.RbdDiffs;

/// <summary>The metadata of an RBD diff.</summary>
/// <param name="Version">1 or 2.</param>
/// <param name="From">The base's name; null for a full stream.</param>
/// <param name="To">The target's name; null if the stream does not say it.</param>
/// <param name="SizeBytes">The target's size.</param>
internal sealed record RbdDiffHeader(int Version, byte[]? From, byte[]? To, long SizeBytes)
{
    /// <summary>The longest name that readers of the format accept, in bytes: 4096.</summary>
    internal const int MaxNameBytes = 4096;

    /// <summary>The base's identity, or null if there is none or the stream is not one of ours.</summary>
    internal Guid? FromIdentity => From is null ? null : StreamIdentity.Parse(From);

    /// <summary>The target's identity, or null if the stream is not one of ours.</summary>
    internal Guid? ToIdentity => To is null ? null : StreamIdentity.Parse(To);

    /// <summary>The same with the identities that stand behind the stream's end, if they do.</summary>
    internal RbdDiffHeader With(RbdDiffSource? source)
        => source is null ? this : this with { From = source.Base is { } known ? StreamIdentity.Format(known) : null, To = StreamIdentity.Format(source.Target) };
}
