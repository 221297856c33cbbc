namespace StorageEngines.Tests.Portable.Interrupted;

/// <summary>A stream that breaks, or makes somebody cancel, after a number of bytes; when it is read for the second time if it can be sought.</summary>
internal sealed class BrokenInput(byte[] content, long after, bool seekable, Action? instead = null) : MemoryStream(content)
{
    private bool _second = !seekable;

    public override bool CanSeek => seekable;

    public override long Position
    {
        get => base.Position;
        set
        {
            // Finding out the format goes back too, but not from the end.
            _second |= value < base.Position && base.Position >= Length;
            base.Position = value;
        }
    }

    public override int Read(Span<byte> buffer)
    {
        byte[] part = new byte[Math.Min(buffer.Length, 997)];
        int read = Read(part, 0, part.Length);
        part.AsSpan(0, read).CopyTo(buffer);
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        if (_second && base.Position >= after)
        {
            _second = false;
            if (instead is null)
            {
                throw new IOException("the cable was pulled");
            }

            instead();
        }

        return base.Read(buffer, offset, Math.Min(count, 997));
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(Read(buffer.Span));
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
}
