using System.Buffers.Binary;
using StorageEngines.Portable.Rolling;

namespace StorageEngines;

/// <summary>Tells portable formats apart by their first bytes.</summary>
/// <remarks>Stateless; safe for use by several threads.</remarks>
public static class DifferentialFormats
{
    /// <summary>How many of the first bytes are looked at: 262.</summary>
    public const int ProbeBytes = 262;

    private const int RbdVersionAt = 10;

    /// <summary>Reads the first bytes of a stream and goes back to where it was.</summary>
    /// <param name="input">A stream that can be read and sought. For one that cannot, see <see cref="PeekAsync"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The format.</returns>
    /// <exception cref="ArgumentException">The stream cannot be sought.</exception>
    /// <exception cref="CorruptDataException">It is none of the formats.</exception>
    /// <exception cref="StorageEngineException">It is of a version that is not read (FormatTooNew).</exception>
    public static async Task<DifferentialFormat> DetectAsync(Stream input, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (!input.CanSeek)
        {
            throw new ArgumentException("The stream has to be one that can be sought; PeekAsync makes one that needs not.", nameof(input));
        }

        long start = input.Position;
        var head = new byte[ProbeBytes];
        int read = await input.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        input.Position = start;
        return Detect(head.AsSpan(0, read)) ?? throw Unknown(head);
    }

    /// <summary>Reads the first bytes of any stream, a pipe for example, and gives a stream that begins with them again.</summary>
    /// <param name="input">The stream.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The format, and the stream to read on from; it cannot be sought. Disposing it leaves <paramref name="input"/> open.</returns>
    /// <exception cref="CorruptDataException">It is none of the formats.</exception>
    /// <exception cref="StorageEngineException">It is of a version that is not read (FormatTooNew).</exception>
    public static async Task<(DifferentialFormat Format, Stream Stream)> PeekAsync(Stream input, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(input);
        var head = new byte[ProbeBytes];
        int read = await input.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        DifferentialFormat format = Detect(head.AsSpan(0, read)) ?? throw Unknown(head);
        return (format, new PrefixedStream(head.AsMemory(0, read), input));
    }

    /// <summary>Tells the format from the first bytes.</summary>
    /// <param name="head">The first bytes, <see cref="ProbeBytes"/> of them where there are so many.</param>
    /// <returns>The format, or null if it is none of them.</returns>
    public static DifferentialFormat? Detect(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith("rbd diff v1\n"u8) || head.StartsWith("rbd diff v2\n"u8))
        {
            return DifferentialFormat.Rbd;
        }

        if (head.StartsWith("btrfs-stream\0"u8))
        {
            return DifferentialFormat.BtrfsSend;
        }

        if (BinaryPrimitives.TryReadUInt32BigEndian(head, out uint magic) && magic == RdiffFormat.Magic)
        {
            return DifferentialFormat.Rdiff;
        }

        return head.Length >= ProbeBytes && head[257..].StartsWith("ustar"u8) ? DifferentialFormat.Tar : null;
    }

    private static StorageEngineException Unknown(ReadOnlySpan<byte> head) => head.Length > RbdVersionAt && head.StartsWith("rbd diff v"u8) && char.IsAsciiDigit((char)head[RbdVersionAt])
        ? new StorageEngineException(
            EngineStatus.FailedPrecondition, EngineReason.FormatTooNew, Recovery.OperatorAction, "This is an RBD diff of another version than 1 and 2, which are those that are read.")
        : new CorruptDataException("differential", 0, "this is neither an RBD diff, nor a Btrfs send stream, nor a tar archive, nor a delta of rdiff.");
}
