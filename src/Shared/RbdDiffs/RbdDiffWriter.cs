using System.Buffers.Binary;
using System.Security.Cryptography;

namespace StorageEngines.RbdDiffs;

/// <summary>Writes an RBD diff: header, then ranges in ascending order, then the end. One thread; the output stays the caller's.</summary>
internal sealed class RbdDiffWriter : IDisposable
{
    private readonly Stream _output;
    private readonly int _version;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly RbdDiffSections _sections = new();
    private readonly byte[] _head = new byte[16 + RbdDiffHeader.MaxNameBytes];

    internal RbdDiffWriter(Stream output, int version)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(version, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(version, 2);
        _output = output;
        _version = version;
    }

    /// <summary>Bytes written so far.</summary>
    internal long Position { get; private set; }

    /// <summary>Data and zero records written so far.</summary>
    internal long Records { get; private set; }

    internal async ValueTask WriteHeaderAsync(byte[]? from, byte[]? to, long size, CancellationToken cancellationToken)
    {
        await PutAsync((_version == 1 ? RbdDiffFormat.Banner1 : RbdDiffFormat.Banner2).ToArray(), cancellationToken).ConfigureAwait(false);
        if (from is not null)
        {
            await WriteNameAsync(RbdDiffFormat.From, from, cancellationToken).ConfigureAwait(false);
        }

        if (to is not null)
        {
            await WriteNameAsync(RbdDiffFormat.To, to, cancellationToken).ConfigureAwait(false);
        }

        int at = Tag(RbdDiffFormat.Size, 8);
        BinaryPrimitives.WriteInt64LittleEndian(_head.AsSpan(at), size);
        await PutAsync(_head.AsMemory(0, at + 8), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes a data record.</summary>
    /// <param name="offset">Where the data belongs.</param>
    /// <param name="data">1 byte to <see cref="RbdDiffFormat.MaxWriteBytes"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async ValueTask WriteDataAsync(long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        await RangeAsync(RbdDiffFormat.Write, offset, data.Length, data.Length, cancellationToken).ConfigureAwait(false);
        await PutAsync(data, cancellationToken).ConfigureAwait(false);
        _sections.EndRecord();
    }

    internal async ValueTask WriteZeroAsync(long offset, long length, CancellationToken cancellationToken)
    {
        await RangeAsync(RbdDiffFormat.Zero, offset, length, 0, cancellationToken).ConfigureAwait(false);
        _sections.EndRecord();
    }

    /// <summary>Writes the end.</summary>
    /// <param name="source">Which snapshots it is between; null if the names say that.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async ValueTask WriteEndAsync(RbdDiffSource? source, CancellationToken cancellationToken)
    {
        await WriteBareEndAsync(cancellationToken).ConfigureAwait(false);
        _sections.End();
        await PutAsync(_sections.ToBytes(), cancellationToken).ConfigureAwait(false);
        if (source is not null)
        {
            await PutAsync(source.ToBytes(), cancellationToken).ConfigureAwait(false);
        }

        byte[] trailer = [.. RbdDiffFormat.TrailerMagic, .. _hash.GetHashAndReset()];
        await PutAsync(trailer, cancellationToken).ConfigureAwait(false);
        await _output.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes the end without anything of ours behind it, for a reader who need not read further.</summary>
    internal ValueTask WriteBareEndAsync(CancellationToken cancellationToken)
    {
        _head[0] = RbdDiffFormat.End;
        return PutAsync(_head.AsMemory(0, 1), cancellationToken);
    }

    public void Dispose() => _hash.Dispose();

    private async ValueTask WriteNameAsync(byte tag, byte[] name, CancellationToken cancellationToken)
    {
        int at = Tag(tag, 4 + name.Length);
        BinaryPrimitives.WriteInt32LittleEndian(_head.AsSpan(at), name.Length);
        name.CopyTo(_head, at + 4);
        await PutAsync(_head.AsMemory(0, at + 4 + name.Length), cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask RangeAsync(byte tag, long offset, long length, int dataBytes, CancellationToken cancellationToken)
    {
        int at = Tag(tag, RbdDiffFormat.RangeBytes + dataBytes);
        BinaryPrimitives.WriteInt64LittleEndian(_head.AsSpan(at), offset);
        BinaryPrimitives.WriteInt64LittleEndian(_head.AsSpan(at + 8), length);
        await PutAsync(_head.AsMemory(0, at + RbdDiffFormat.RangeBytes), cancellationToken).ConfigureAwait(false);
        Records++;
    }

    private int Tag(byte tag, long recordBytes)
    {
        _head[0] = tag;
        if (_version == 1)
        {
            return 1;
        }

        BinaryPrimitives.WriteInt64LittleEndian(_head.AsSpan(1), recordBytes);
        return 9;
    }

    private async ValueTask PutAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        _hash.AppendData(bytes.Span);
        _sections.Append(bytes.Span);
        Position += bytes.Length;
        await _output.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
    }
}
