namespace StorageEngines.Portable.Rolling;

/// <summary>A part of a source that is in memory. Not safe for use by several threads.</summary>
internal sealed class ByteWindow(IByteSource source, int capacity)
{
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(capacity);
    private const int FirstBytes = 16 * 1024;
    private long _start;
    private int _count;
    private int _ahead;

    /// <summary>How many bytes there are at most at a time.</summary>
    internal int Capacity => capacity;

    /// <summary>
    /// What is known from a place on, at least one byte of it, or nothing at the source's end. As long as it goes on where it ended, more and more is read at a
    /// time; after a jump, little.
    /// </summary>
    internal ReadOnlySpan<byte> From(long offset)
    {
        if (offset < _start || offset >= _start + _count)
        {
            _ahead = offset == _start + _count ? Math.Min(2 * _ahead, capacity) : Math.Min(FirstBytes, capacity);
            Load(offset, (int)Math.Min(Math.Max(_ahead, FirstBytes), Math.Min(capacity, source.Length - offset)));
        }

        return _buffer.AsSpan((int)(offset - _start), (int)(_start + _count - offset));
    }

    /// <summary>A range as a whole.</summary>
    /// <param name="offset">Where it begins.</param>
    /// <param name="length">Its length, at most <see cref="Capacity"/>; it lies within the source.</param>
    internal ReadOnlySpan<byte> Range(long offset, int length)
    {
        if (offset < _start || offset + length > _start + _count)
        {
            Load(offset, length);
        }

        return _buffer.AsSpan((int)(offset - _start), length);
    }

    private void Load(long offset, int length)
    {
        _count = 0; // what a failed read leaves behind is not used
        source.Read(offset, _buffer.AsSpan(0, length));
        _start = offset;
        _count = length;
    }
}
