namespace StorageEngines.Portable.Rolling;

/// <summary>Reads a delta back as it is written, and finds out whether it makes the target of the base: every byte is compared.</summary>
/// <param name="source">The base.</param>
/// <param name="target">The target.</param>
/// <param name="everything">Whether to read what is copied too; else only that the commands are whole is seen to.</param>
internal sealed class DeltaVerifier(IByteSource source, IByteSource target, bool everything)
{
    private const int Bytes = 128 * 1024;
    private readonly byte[] _base = GC.AllocateUninitializedArray<byte>(Bytes);
    private readonly byte[] _target = GC.AllocateUninitializedArray<byte>(Bytes);
    private readonly ResultHash _hash = new();
    private long _at;

    /// <summary>Reads the whole delta.</summary>
    /// <returns>The delta's checksum, and the target's if everything was read, else nothing.</returns>
    /// <exception cref="StorageEngineException">The delta does not make the target: base or target do not hold still.</exception>
    internal (byte[] Body, byte[] Result) Run(Stream delta, CancellationToken cancellationToken)
    {
        var reader = new RdiffReader(delta, "delta");
        reader.ReadHeader();
        while (reader.Next() is { } command)
        {
            if (command.Piece.Length > target.Length - _at || (!command.Piece.IsNew && command.Piece.Length > source.Length - command.Piece.BaseOffset))
            {
                throw RollingErrors.Changed(_at);
            }

            long end = _at + command.Piece.Length;
            for (long from = command.Piece.BaseOffset; _at < end; from += Bytes)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (command.Piece.IsNew)
                {
                    Compare(reader.ReadLiteral());
                    continue;
                }

                if (!everything)
                {
                    _at = end;
                    break;
                }

                Span<byte> bytes = _base.AsSpan(0, (int)Math.Min(Bytes, end - _at));
                source.Read(from, bytes);
                Compare(bytes);
            }
        }

        return _at == target.Length ? (reader.BodyHash(), everything ? _hash.Finish() : []) : throw RollingErrors.Changed(_at);
    }

    private void Compare(ReadOnlySpan<byte> made)
    {
        Span<byte> wanted = _target.AsSpan(0, made.Length);
        target.Read(_at, wanted);
        int equal = made.CommonPrefixLength(wanted);
        if (equal < made.Length)
        {
            throw RollingErrors.Changed(_at + equal);
        }

        if (everything)
        {
            _hash.Append(made);
        }

        _at += made.Length;
    }
}
