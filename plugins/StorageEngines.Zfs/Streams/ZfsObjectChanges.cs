namespace StorageEngines.Zfs.Streams;

/// <summary>
/// What a stream says of one object, in the stream's order: data, and ranges that read as zeroes. It takes the stream to its end, and checks that it is the one that was asked for:
/// the guids of base and target, one stream and not several, nothing left out. Not thread-safe.
/// </summary>
/// <param name="reader">The stream, of which nothing was read yet.</param>
/// <param name="question">What is asked.</param>
internal sealed class ZfsObjectChanges(ZfsSendReader reader, ZfsChangeQuestion question)
{
    private readonly ZfsBlockExpander _expander = new();
    private bool _begun;

    /// <summary>First byte of the range read last.</summary>
    internal long Offset { get; private set; }

    /// <summary>The byte after its last; <see cref="long.MaxValue"/> if it goes to the end of the object, however long that is.</summary>
    internal long End { get; private set; }

    /// <summary>What the range holds.</summary>
    internal ExtentState State { get; private set; }

    /// <summary>Reads the next range. Ranges rise, but for those that go to the end, which come first.</summary>
    /// <returns>False after the end of the stream.</returns>
    /// <exception cref="CorruptDataException">The stream is damaged or cut off.</exception>
    /// <exception cref="BaseMismatchException">It is another stream than the one asked for.</exception>
    /// <exception cref="StorageEngineException"><see cref="EngineReason.NotSupported"/>: something was left out of it, so that changes cannot be had from it.</exception>
    internal bool Read()
    {
        while (reader.Read())
        {
            switch (reader.Type)
            {
                case ZfsRecordType.Begin when !reader.Begin.IsPackage:
                    Check();
                    break;
                case ZfsRecordType.Write when Data(ZfsBlock.ReadWrite(reader.Record)):
                case ZfsRecordType.WriteEmbedded when Data(ZfsBlock.ReadEmbedded(reader.Record)):
                case ZfsRecordType.Free when Hole(ZfsRange.Read(reader.Record)):
                case ZfsRecordType.FreeObjects when Gone(reader.Record.U64(8), reader.Record.U64(16)):
                    return true;
                case ZfsRecordType.WriteByRef or ZfsRecordType.Redact when ZfsRange.Read(reader.Record).Number == question.Number:
                    throw LeftOut(reader.Type == ZfsRecordType.Redact ? "a redacted stream" : "a deduplicated stream (-D)");
                default:
                    break;
            }
        }

        return _begun ? false : throw reader.Damaged(0, "the package holds no stream");
    }

    /// <summary>The bytes of a range of data; the reader must keep payloads. Good until the next one is read.</summary>
    /// <returns>As many bytes as the range is long.</returns>
    internal ReadOnlySpan<byte> ReadData() => _expander.Expand(reader);

    /// <summary>An error about the range read last.</summary>
    internal CorruptDataException Damaged(string detail) => reader.Damaged(0, detail);

    private void Check()
    {
        if (_begun)
        {
            throw reader.Damaged(0, "a second stream: changes are told by a stream from base to target, not by a package (-I, -R) of several");
        }

        _begun = true;
        ZfsBegin begin = reader.Begin;
        if (begin.ToGuid != question.ToGuid || begin.FromGuid != question.FromGuid)
        {
            throw new BaseMismatchException(
                $"{question.FromGuid} to {question.ToGuid}", $"{begin.FromGuid} to {begin.ToGuid}",
                $"ZFS send stream: byte {reader.RecordOffset}: the stream of '{begin.Name}' is from guid {begin.FromGuid} to guid {begin.ToGuid}; asked for was from {question.FromGuid} to {question.ToGuid}. Somebody has replaced a snapshot by another of its name: ask again.");
        }

        if ((begin.Features & (ZfsStreamFeatures.Resuming | ZfsStreamFeatures.Redacted)) is var partial && partial != 0)
        {
            throw LeftOut((partial & ZfsStreamFeatures.Resuming) != 0 ? "a stream that was resumed (-t)" : "a redacted stream");
        }
    }

    private bool Data(ZfsBlock block) => block.Number == question.Number && Take(block.Offset, block.Offset + block.Length, ExtentState.Data);

    private bool Hole(ZfsRange range)
    {
        if (range.Number != question.Number || range.Offset > long.MaxValue || range.Length == 0)
        {
            return false;
        }

        ulong end = range.Length == ZfsStreamFormat.ToTheEnd ? long.MaxValue : Math.Min(range.Offset + range.Length, long.MaxValue);
        return end > range.Offset && Take((long)range.Offset, (long)end, ExtentState.Zero);
    }

    // The object goes, and if it comes back, it is another one: nothing of the base's is left in it.
    private bool Gone(ulong first, ulong count) => question.Number >= first && question.Number - first < count && Take(0, long.MaxValue, ExtentState.Zero);

    private bool Take(long offset, long end, ExtentState state)
    {
        (Offset, End, State) = (offset, end, state);
        return true;
    }

    private StorageEngineException LeftOut(string what) => new(
        EngineStatus.Unimplemented, EngineReason.NotSupported, Recovery.TakeFull,
        $"ZFS send stream: byte {reader.RecordOffset}: {what} does not have all changes; send anew without that.");
}
