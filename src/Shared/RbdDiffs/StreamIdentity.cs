using System.Security.Cryptography;
using System.Text;

namespace StorageEngines.RbdDiffs;

/// <summary>The identity that a snapshot, or one file of it, has in streams; <c>SnapshotIdentity</c> says how it is made.</summary>
internal static class StreamIdentity
{
    /// <summary>The identity of a snapshot.</summary>
    /// <param name="snapshot">The snapshot; its label does not count.</param>
    /// <param name="path">A file's path in it; null for the whole snapshot. Default: null.</param>
    internal static Guid Of(SnapshotRef snapshot, BytePath? path = null)
    {
        byte[] text = Encoding.UTF8.GetBytes(
            string.Join('\0', "seng-snapshot", snapshot.Volume.Engine, snapshot.Volume.Id, snapshot.Id));
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(path is { } file ? [.. text, 0, .. file.Span] : text, hash);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }

    /// <summary>Reads an identity from a stream's text.</summary>
    /// <param name="text">The text, ASCII.</param>
    /// <returns>The identity, or null if the text is not one: the stream was made by another program.</returns>
    internal static Guid? Parse(ReadOnlySpan<byte> text)
        => Guid.TryParseExact(Encoding.Latin1.GetString(text), "D", out Guid identity) ? identity : null;

    /// <summary>Prints an identity as it stands in streams.</summary>
    internal static byte[] Format(Guid identity) => Encoding.ASCII.GetBytes(identity.ToString("D"));
}
