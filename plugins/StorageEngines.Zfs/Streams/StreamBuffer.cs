using System.Runtime.CompilerServices;

namespace StorageEngines.Zfs.Streams;

/// <summary>Reads a stream in large pieces and gives it out in small ones, each in one run of memory. Not thread-safe.</summary>
/// <param name="input">The stream; stays the caller's.</param>
/// <param name="bytes">Bytes of the buffer at first. It grows for a run that does not fit.</param>
internal sealed class StreamBuffer(Stream input, int bytes)
{
    private byte[] _buffer = new byte[bytes];
    private int _next;
    private int _end;
    private long _origin;

    /// <summary>Where the next byte is, in bytes from where the stream stood at first.</summary>
    internal long Position => _origin + _next;

    /// <summary>Bytes that are here without reading.</summary>
    internal int Here => _end - _next;

    /// <summary>Reads until so many bytes are here.</summary>
    /// <param name="wanted">How many.</param>
    /// <returns>The same, or what is left of the stream.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int Ensure(int wanted) => Here >= wanted ? wanted : Fill(wanted);

    /// <summary>Takes bytes that are here.</summary>
    /// <param name="length">How many.</param>
    /// <returns>The bytes; good until the next <see cref="Ensure"/>.</returns>
    internal ReadOnlySpan<byte> Take(int length)
    {
        _next += length;
        return _buffer.AsSpan(_next - length, length);
    }

    /// <summary>The bytes taken last.</summary>
    internal ReadOnlySpan<byte> Last(int length) => _buffer.AsSpan(_next - length, length);

    // The buffer grows as bytes arrive and not by what is wanted, so that a stream that lies and ends costs nothing.
    private int Fill(int wanted)
    {
        while (true)
        {
            int rest = Here;
            byte[] target = wanted <= _buffer.Length || rest < _buffer.Length ? _buffer : new byte[(int)Math.Min(2L * _buffer.Length, Array.MaxLength)];
            _buffer.AsSpan(_next, rest).CopyTo(target);
            _buffer = target;
            _origin += _next;
            _next = 0;
            int most = Math.Min(wanted, target.Length);
            int got = most > rest ? input.ReadAtLeast(target.AsSpan(rest), most - rest, throwOnEndOfStream: false) : 0;
            _end = rest + got;
            if (_end >= wanted || _end < most)
            {
                return Math.Min(_end, wanted);
            }
        }
    }
}
