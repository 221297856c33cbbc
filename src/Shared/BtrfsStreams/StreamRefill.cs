namespace StorageEngines.BtrfsStreams;

/// <summary>Fills one buffer from a stream, by the reader's own thread.</summary>
/// <param name="input">The stream; the caller's.</param>
internal sealed class StreamRefill(Stream input) : IRefill
{
    /// <summary>The bytes of a first buffer: a piece of data stays in the processor's cache from the read to its checksum.</summary>
    internal const int BufferBytes = 256 << 10;

    /// <inheritdoc/>
    public void Fill(ref byte[] buffer, ref int next, ref int end, int wanted)
    {
        int rest = end - next;
        byte[] target = wanted <= buffer.Length ? buffer : new byte[Math.Max(wanted, Math.Max(BufferBytes, 2 * buffer.Length))];
        buffer.AsSpan(next, rest).CopyTo(target);
        (buffer, next) = (target, 0);
        end = rest + input.ReadAtLeast(target.AsSpan(rest), wanted - rest, throwOnEndOfStream: false);
    }
}
