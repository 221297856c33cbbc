using System.Threading.Channels;

namespace StorageEngines.Portable.Rolling;

/// <summary>Bytes that one thread writes and another reads; the writer waits when the reader is behind by more than 2 MiB or so.</summary>
internal sealed class HandoffStream : Stream
{
    private const int Blocks = 16;
    private readonly Channel<byte[]> _blocks = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(Blocks) { SingleReader = true, SingleWriter = true });
    private ReadOnlyMemory<byte> _rest;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Ends what the reader sees.</summary>
    /// <param name="error">Why it ends early; null if it does not.</param>
    internal void Complete(Exception? error = null) => _blocks.Writer.TryComplete(error);

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        byte[] block = buffer.ToArray();
        while (!_blocks.Writer.TryWrite(block))
        {
            if (!_blocks.Writer.WaitToWriteAsync().AsTask().GetAwaiter().GetResult())
            {
                return; // the reader has given up, and says itself why
            }
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        while (_rest.IsEmpty)
        {
            if (!_blocks.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
            {
                return 0;
            }

            if (_blocks.Reader.TryRead(out byte[]? block))
            {
                _rest = block;
            }
        }

        int count = Math.Min(buffer.Length, _rest.Length);
        _rest.Span[..count].CopyTo(buffer);
        _rest = _rest[count..];
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
