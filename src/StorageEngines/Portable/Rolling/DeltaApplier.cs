namespace StorageEngines.Portable.Rolling;

/// <summary>Makes the result of a base and a delta. Used once.</summary>
internal sealed class DeltaApplier(IByteSource source, Stream delta, IProgress<OperationProgress>? progress)
{
    private const int Bytes = 128 * 1024;
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(Bytes);
    private readonly RdiffReader _reader = new(delta, "delta");
    private readonly ResultHash _hash = new();
    private long _new;
    private long _copied;
    private long _commands;

    /// <summary>Writes a part of the result.</summary>
    internal delegate void Sink(long at, ReadOnlySpan<byte> bytes);

    /// <summary>What our own delta says of itself; null for another program's. Known when <see cref="Run"/> has returned.</summary>
    internal RdiffTrailer? Trailer { get; private set; }

    /// <summary>Bytes of the result.</summary>
    internal long ResultBytes => _new + _copied;

    /// <summary>Makes the whole result and checks it.</summary>
    /// <exception cref="CorruptDataException">The delta is damaged or cut short.</exception>
    /// <exception cref="BaseMismatchException">The base is another one.</exception>
    internal RollingPatchSummary Run(Sink sink, CancellationToken cancellationToken)
    {
        _reader.ReadHeader();
        while (_reader.Next() is { } command)
        {
            _commands++;
            Make(command, sink, cancellationToken);
            progress?.Report(new OperationProgress("apply", ResultBytes, null, _commands));
        }

        Trailer = RdiffTrailer.Read(_reader);
        byte[] hash = _hash.Finish();
        Check(hash);
        return new RollingPatchSummary(
            _reader.Position + (Trailer is null ? 0 : RdiffTrailer.Length), _new, _copied, _commands, ResultHash.Print(hash), Trailer is { ResultHash.Length: > 0 });
    }

    private void Make(RdiffCommand command, Sink sink, CancellationToken cancellationToken)
    {
        DeltaPiece piece = command.Piece;
        if (!piece.IsNew && piece.Length > source.Length - piece.BaseOffset)
        {
            throw new BaseMismatchException(
                "a longer one", $"{source.Length} bytes",
                $"The delta copies, at its byte {command.At}, {piece.Length} bytes of the base from byte {piece.BaseOffset} on, and this base has {source.Length} bytes: it is not the one that the delta was made from, or the delta is damaged. Nothing was written.");
        }

        for (long done = 0; done < piece.Length;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ReadOnlySpan<byte> bytes = piece.IsNew ? _reader.ReadLiteral() : Copied(piece, done);
            sink(ResultBytes, bytes);
            _hash.Append(bytes);
            done += bytes.Length;
            _ = piece.IsNew ? _new += bytes.Length : _copied += bytes.Length;
        }
    }

    private ReadOnlySpan<byte> Copied(DeltaPiece piece, long done)
    {
        Span<byte> bytes = _buffer.AsSpan(0, (int)Math.Min(Bytes, piece.Length - done));
        source.Read(piece.BaseOffset + done, bytes);
        return bytes;
    }

    private void Check(byte[] hash)
    {
        if (Trailer is null)
        {
            return;
        }

        bool isBase = Trailer.BaseBytes == source.Length && (Trailer.ResultHash.Length == 0 || Trailer.ResultHash.AsSpan().SequenceEqual(hash));
        if (!isBase)
        {
            throw new BaseMismatchException(
                $"{Trailer.BaseBytes} bytes", $"{source.Length} bytes",
                "The base is not the one that the delta was made from: "
                + (Trailer.BaseBytes != source.Length ? $"it has {source.Length} bytes and not {Trailer.BaseBytes}" : $"the result would be {ResultHash.Print(hash)} and not {ResultHash.Print(Trailer.ResultHash)}")
                + ". Nothing was written.");
        }
    }
}
