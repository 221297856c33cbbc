using StorageEngines.RbdDiffs;

namespace StorageEngines;

/// <summary>The identity that a snapshot has in portable streams: derived from ids, so that it stays when volume or snapshot is renamed.</summary>
/// <remarks>Stateless; safe for use by several threads.</remarks>
public static class SnapshotIdentity
{
    /// <summary>
    /// The first 16 bytes of the SHA-256 of <c>seng-snapshot</c>, the engine's name, the volume's id and the snapshot's id as UTF-8 with a NUL
    /// between them, with the bits of a UUID of version 8 (RFC 9562) set.
    /// </summary>
    /// <param name="snapshot">The snapshot; its label does not count.</param>
    /// <returns>The identity; the same on every machine.</returns>
    public static Guid Of(SnapshotRef snapshot) => Of(snapshot, null);

    /// <summary>
    /// The identity of one file of a tree volume's snapshot: as <see cref="Of(SnapshotRef)"/>, with a NUL and the path's bytes behind the snapshot's id.
    /// </summary>
    /// <param name="snapshot">The snapshot; its label does not count.</param>
    /// <param name="path">The file's path in it; null for the whole snapshot.</param>
    /// <returns>The identity; the same on every machine.</returns>
    public static Guid Of(SnapshotRef snapshot, BytePath? path)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return StreamIdentity.Of(snapshot, path);
    }

    /// <summary>Reads an identity from a stream's text.</summary>
    /// <param name="text">The text, ASCII.</param>
    /// <returns>The identity, or null if the text is not one: the stream was made by another program.</returns>
    internal static Guid? Parse(ReadOnlySpan<byte> text) => StreamIdentity.Parse(text);

    /// <summary>Prints an identity as it stands in streams.</summary>
    internal static byte[] Format(Guid identity) => StreamIdentity.Format(identity);
}
