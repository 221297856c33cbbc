namespace StorageEngines.RbdDiffs;

/// <summary>
/// Which snapshots a diff is between, whatever its names say: <c>seng-source</c>, the base's identity or as many dashes for a full stream, and the target's, each on a line of its own. It stands behind
/// <c>e</c>, before the checksum.
/// </summary>
/// <param name="Base">The base's identity; null for a full stream.</param>
/// <param name="Target">The target's identity.</param>
internal sealed record RbdDiffSource(Guid? Base, Guid Target)
{
    /// <summary>How long it is: 86 bytes.</summary>
    internal const int Length = 12 + (2 * (IdentityLength + 1));

    private const int IdentityLength = 36;

    /// <summary>The words that it begins with.</summary>
    internal static ReadOnlySpan<byte> Magic => "seng-source\n"u8;

    private static ReadOnlySpan<byte> None => "------------------------------------"u8;

    /// <summary>As it stands in streams.</summary>
    internal byte[] ToBytes() => [.. Magic, .. Base is { } known ? StreamIdentity.Format(known) : None, (byte)'\n', .. StreamIdentity.Format(Target), (byte)'\n'];

    /// <summary>Reads it; null if it is damaged or cut short.</summary>
    /// <param name="bytes">The stream from its words on.</param>
    internal static RbdDiffSource? TryParse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Length || !bytes.StartsWith(Magic))
        {
            return null;
        }

        ReadOnlySpan<byte> from = bytes.Slice(Magic.Length, IdentityLength), to = bytes.Slice(Length - 1 - IdentityLength, IdentityLength);
        Guid? known = StreamIdentity.Parse(from);
        bool isSound = (known is not null || from.SequenceEqual(None)) && bytes[Magic.Length + IdentityLength] == '\n' && bytes[Length - 1] == '\n';
        return isSound && StreamIdentity.Parse(to) is { } target ? new RbdDiffSource(known, target) : null;
    }
}
