using System.Buffers.Binary;
using System.Security.Cryptography;

namespace StorageEngines.RbdDiffs;

/// <summary>The bytes of a diff, counted and hashed as they are read.</summary>
internal sealed class RbdDiffInput(Stream input, string source) : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly RbdDiffSections _sections = new();
    private readonly byte[] _buffer = new byte[128 * 1024];
    private int _start;
    private int _count;

    /// <summary>Bytes taken so far.</summary>
    internal long Position { get; private set; }

    internal CorruptDataException Corrupt(long at, string detail) => new(source, at, detail);

    /// <summary>Takes a few bytes, at most the buffer's size. What is returned is good until the next call.</summary>
    internal async ValueTask<ReadOnlyMemory<byte>> TakeAsync(int count, string what, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> taken = await PeekAsync(count, cancellationToken).ConfigureAwait(false);
        if (taken.Length < count)
        {
            throw Corrupt(Position + taken.Length, $"the stream ends within {what}; it was cut short.");
        }

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

        Hash(target.Span);
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

    /// <summary>A data or zero record was read to its end.</summary>
    internal void EndRecord() => _sections.EndRecord();

    /// <summary>Reads what is behind the end: nothing, or checksums of what is before, and perhaps between them which snapshots the diff is between.</summary>
    /// <returns>What was there; null for nothing.</returns>
    /// <exception cref="CorruptDataException">A checksum is wrong, or something else is there.</exception>
    internal async ValueTask<RbdDiffTrailer?> ReadTrailerAsync(CancellationToken cancellationToken)
    {
        _sections.End();
        if ((await PeekAsync(1, cancellationToken).ConfigureAwait(false)).IsEmpty)
        {
            return null;
        }

        int? damaged = (await PeekAsync(RbdDiffSections.Magic.Length, cancellationToken).ConfigureAwait(false)).Span.StartsWith(RbdDiffSections.Magic) ? await SectionsAsync(cancellationToken).ConfigureAwait(false) : null;
        RbdDiffSource? source = null;
        ReadOnlyMemory<byte> words = await PeekAsync(RbdDiffSource.Length, cancellationToken).ConfigureAwait(false);
        if (words.Span.StartsWith(RbdDiffSource.Magic))
        {
            source = RbdDiffSource.TryParse(words.Span) ?? throw Corrupt(Position, "behind the end record the snapshots that the stream is between are damaged, or named in part only.");
            Advance(RbdDiffSource.Length, words.Span);
        }

        await ChecksumAsync(damaged, cancellationToken).ConfigureAwait(false);
        return new RbdDiffTrailer(source);
    }

    public void Dispose() => _hash.Dispose();

    /// <summary>Compares the checksums of the sections.</summary>
    /// <returns>The first that is another one; null for none.</returns>
    private async ValueTask<int?> SectionsAsync(CancellationToken cancellationToken)
    {
        const string What = "the records' checksums behind the end record";
        long at = Position;
        ReadOnlyMemory<byte> head = await TakeAsync(RbdDiffSections.HeadBytes, What, cancellationToken).ConfigureAwait(false);
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(head.Span[RbdDiffSections.Magic.Length..]);
        if (count != _sections.Count)
        {
            throw Corrupt(at, $"behind the end record are checksums of {count} sections, and the stream has {_sections.Count}: it is damaged somewhere before this byte, or here.");
        }

        int? damaged = null;
        for (int i = 0; i < count; i++)
        {
            ReadOnlyMemory<byte> checksum = await TakeAsync(sizeof(uint), What, cancellationToken).ConfigureAwait(false);
            damaged ??= _sections.Has(i, BinaryPrimitives.ReadUInt32LittleEndian(checksum.Span)) ? null : i;
        }

        return damaged;
    }

    /// <summary>Compares the checksum of everything. Nothing may be behind it.</summary>
    private async ValueTask ChecksumAsync(int? damaged, CancellationToken cancellationToken)
    {
        int length = RbdDiffFormat.TrailerMagic.Length + SHA256.HashSizeInBytes;
        ReadOnlyMemory<byte> words = await PeekAsync(length + 1, cancellationToken).ConfigureAwait(false);
        if (words.Length != length || !words.Span.StartsWith(RbdDiffFormat.TrailerMagic))
        {
            throw Corrupt(Position, "behind the end record is something that is not a checksum, or only a part of one.");
        }

        bool isRight = words.Span[RbdDiffFormat.TrailerMagic.Length..].SequenceEqual(_hash.GetHashAndReset());
        if (damaged is { } section)
        {
            (long start, long end) = _sections.PlaceOf(section);
            throw Corrupt(start, $"the stream is damaged between here and byte {end}: the checksum of the records there is wrong.");
        }

        if (!isRight)
        {
            throw Corrupt(Position, "the checksum is wrong: the stream is damaged somewhere before this byte.");
        }

        Advance(length, words.Span);
    }

    /// <summary>Looks at the next bytes without taking them: fewer than asked for at the stream's end only.</summary>
    private async ValueTask<ReadOnlyMemory<byte>> PeekAsync(int count, CancellationToken cancellationToken)
    {
        if (_count < count)
        {
            _buffer.AsSpan(_start, _count).CopyTo(_buffer);
            _start = 0;
            _count += await input.ReadAtLeastAsync(_buffer.AsMemory(_count), count - _count, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        }

        return _buffer.AsMemory(_start, Math.Min(count, _count));
    }

    private void Hash(ReadOnlySpan<byte> bytes)
    {
        _hash.AppendData(bytes);
        _sections.Append(bytes);
    }

    private void Advance(int count, ReadOnlySpan<byte> taken)
    {
        Hash(taken);
        _start += count;
        _count -= count;
        Position += count;
    }
}
