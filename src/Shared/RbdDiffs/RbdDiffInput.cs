using System.Security.Cryptography;

namespace StorageEngines.RbdDiffs;

/// <summary>The bytes of a diff, counted and hashed as they are read.</summary>
internal sealed class RbdDiffInput(Stream input, string source) : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _buffer = new byte[128 * 1024];
    private int _start;
    private int _count;

    /// <summary>Bytes taken so far.</summary>
    internal long Position { get; private set; }

    internal CorruptDataException Corrupt(long at, string detail) => new(source, at, detail);

    /// <summary>Takes a few bytes, at most the buffer's size. What is returned is good until the next call.</summary>
    internal async ValueTask<ReadOnlyMemory<byte>> TakeAsync(int count, string what, CancellationToken cancellationToken)
    {
        if (_count < count)
        {
            _buffer.AsSpan(_start, _count).CopyTo(_buffer);
            _start = 0;
            _count += await input.ReadAtLeastAsync(_buffer.AsMemory(_count), count - _count, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            if (_count < count)
            {
                throw Corrupt(Position + _count, $"the stream ends within {what}; it was cut short.");
            }
        }

        ReadOnlyMemory<byte> taken = _buffer.AsMemory(_start, count);
        Advance(count, taken.Span);
        return taken;
    }

    /// <summary>Fills a whole buffer of the caller's.</summary>
    internal async ValueTask FillAsync(Memory<byte> target, CancellationToken cancellationToken)
    {
        int buffered = Math.Min(_count, target.Length);
        _buffer.AsMemory(_start, buffered).CopyTo(target);
        _start += buffered;
        _count -= buffered;
        int read = buffered + await input.ReadAtLeastAsync(
            target[buffered..], target.Length - buffered, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        Position += read;
        if (read < target.Length)
        {
            throw Corrupt(Position, "the stream ends within a record's data; it was cut short.");
        }

        _hash.AppendData(target.Span);
    }

    /// <summary>Reads over bytes, hashing them.</summary>
    internal async ValueTask SkipAsync(long count, CancellationToken cancellationToken)
    {
        while (count > 0)
        {
            int piece = (int)Math.Min(count, _buffer.Length);
            await TakeAsync(piece, "a record's data", cancellationToken).ConfigureAwait(false);
            count -= piece;
        }
    }

    /// <summary>Reads what is behind the end: nothing, or the checksum of everything before, and perhaps before that which snapshots the diff is between.</summary>
    /// <returns>What was there; null for nothing.</returns>
    /// <exception cref="CorruptDataException">The checksum is wrong, or something else is there.</exception>
    internal async ValueTask<RbdDiffTrailer?> ReadTrailerAsync(CancellationToken cancellationToken)
    {
        int length = RbdDiffFormat.TrailerMagic.Length + SHA256.HashSizeInBytes;
        var rest = new byte[RbdDiffSource.Length + length + 1];
        _buffer.AsMemory(_start, Math.Min(_count, rest.Length)).CopyTo(rest);
        int read = Math.Min(_count, rest.Length), at = 0;
        read += await input.ReadAtLeastAsync(rest.AsMemory(read), rest.Length - read, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (read == 0)
        {
            return null;
        }

        RbdDiffSource? source = null;
        if (rest.AsSpan(0, read).StartsWith(RbdDiffSource.Magic))
        {
            source = RbdDiffSource.TryParse(rest.AsSpan(0, read)) ?? throw Corrupt(Position, "behind the end record the snapshots that the stream is between are damaged, or named in part only.");
            at = RbdDiffSource.Length;
            _hash.AppendData(rest.AsSpan(0, at));
        }

        if (read - at != length || !rest.AsSpan(at).StartsWith(RbdDiffFormat.TrailerMagic))
        {
            throw Corrupt(Position + at, "behind the end record is something that is not a checksum, or only a part of one.");
        }

        if (!rest.AsSpan(read - SHA256.HashSizeInBytes, SHA256.HashSizeInBytes).SequenceEqual(_hash.GetHashAndReset()))
        {
            throw Corrupt(Position + at, "the checksum is wrong: the stream is damaged somewhere before this byte.");
        }

        Position += read;
        return new RbdDiffTrailer(source);
    }

    public void Dispose() => _hash.Dispose();

    private void Advance(int count, ReadOnlySpan<byte> taken)
    {
        _hash.AppendData(taken);
        _start += count;
        _count -= count;
        Position += count;
    }
}
