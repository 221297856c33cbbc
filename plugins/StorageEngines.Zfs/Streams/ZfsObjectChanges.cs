namespace StorageEngines.Zfs.Streams;

/// <summary>
/// What a stream says of one object. It takes the stream to its end, and checks that it is the one that was asked for: the guids of base and target, one stream and
/// not several, nothing left out. Not thread-safe.
/// </summary>
/// <param name="reader">The stream, of which nothing was read yet.</param>
/// <param name="question">What is asked.</param>
internal sealed class ZfsObjectChanges(ZfsSendReader reader, ZfsChangeQuestion question) : IObjectChanges
{
    private readonly ZfsBlockExpander _expander = new();
    private bool _begun;

    /// <inheritdoc/>
    public long Offset { get; private set; }

    /// <inheritdoc/>
    public long End { get; private set; }

    /// <inheritdoc/>
    public ExtentState State { get; private set; }

    /// <inheritdoc/>
    public bool Read()
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
                case ZfsRecordType.FreeObjects when Gone(reader.Record):
                    return true;
                case ZfsRecordType.WriteByRef or ZfsRecordType.Redact when ZfsRange.Read(reader.Record).Number == question.Number:
                    throw ZfsChangeQuestion.LeftOut(Place, reader.Type == ZfsRecordType.Redact ? "a redacted stream" : "a deduplicated stream (-D)");
                default:
                    break;
            }
        }

        return _begun ? false : throw reader.Damaged(0, "the package holds no stream");
    }

    /// <summary>The bytes of a range of data; the reader must keep payloads. Good until the next one is read.</summary>
    /// <returns>As many bytes as the range is long.</returns>
    internal ReadOnlySpan<byte> ReadData() => _expander.Expand(reader);

    /// <inheritdoc/>
    public CorruptDataException Damaged(string detail) => reader.Damaged(0, detail);

    private string Place => $"ZFS send stream of '{reader.Begin.Name}': byte {reader.RecordOffset}";

    private void Check()
    {
        if (_begun)
        {
            throw reader.Damaged(0, "a second stream: changes are told by a stream from base to target, not by a package (-I, -R) of several");
        }

        _begun = true;
        question.Check(Place, reader.Begin.FromGuid, reader.Begin.ToGuid, reader.Begin.Features);
    }

    private bool Data(ZfsBlock block) => block.Number == question.Number && !block.IsSpill && Take(block.Offset, block.Offset + block.Length, ExtentState.Data);

    private bool Hole(ZfsRange range)
        => range.Number == question.Number && range.TryBounds(out long offset, out long end) && Take(offset, end, ExtentState.Zero);

    // The object goes, and if it comes back, it is another one: nothing of the base's is left in it.
    private bool Gone(ZfsRecordView record) => question.IsIn(record.U64(8), record.U64(16)) && Take(0, long.MaxValue, ExtentState.Zero);

    private bool Take(long offset, long end, ExtentState state)
    {
        (Offset, End, State) = (offset, end, state);
        return true;
    }
}
