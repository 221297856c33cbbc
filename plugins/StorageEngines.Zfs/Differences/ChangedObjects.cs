using StorageEngines.Zfs.Streams;

namespace StorageEngines.Zfs.Differences;

/// <summary>
/// All files and directories that a stream from base to target speaks of. That is every one that changed: whatever changes in a file changes what is stored beside it, and is sent. Files whose
/// attributes lie in one block (32 of them) are sent together, so that some that did not change are among them. Memory grows with the number of files in the stream.
/// </summary>
internal sealed class ChangedObjects
{
    private readonly Dictionary<ulong, ChangedObject> _objects = [];
    private readonly List<(ulong First, ulong Count)> _freed = [];

    private ChangedObjects()
    {
    }

    /// <summary>The files and directories of the target.</summary>
    internal IReadOnlyCollection<ChangedObject> All => _objects.Values;

    /// <summary>Reads a stream to its end.</summary>
    /// <param name="reader">The stream, of which nothing was read yet; it keeps payloads.</param>
    /// <param name="fromGuid">The guid of the base.</param>
    /// <param name="toGuid">The guid of the target.</param>
    /// <param name="mostPieces">The most ranges to keep of a file.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="CorruptDataException">It is damaged or cut off.</exception>
    /// <exception cref="BaseMismatchException">It is of other snapshots.</exception>
    internal static ChangedObjects Read(ZfsSendReader reader, ulong fromGuid, ulong toGuid, int mostPieces, CancellationToken cancellationToken)
    {
        const int CancelEvery = 1024;
        var all = new ChangedObjects();
        var question = new ZfsChangeQuestion(fromGuid, toGuid, 0, 0, 0);
        for (int records = 0; reader.Read(); records++)
        {
            if (records % CancelEvery == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            all.One(reader, question, mostPieces);
        }

        return all;
    }

    /// <summary>The object with a number; null if the stream does not speak of it, or it is no file or directory.</summary>
    internal ChangedObject? Find(ulong number) => _objects.GetValueOrDefault(number);

    /// <summary>Whether the target has nothing under a number, and the stream says so.</summary>
    internal bool IsFreed(ulong number)
    {
        int low = 0, high = _freed.Count; // the stream tells them in order
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = _freed[middle].First <= number ? (middle + 1, high) : (low, middle);
        }

        return low > 0 && number - _freed[low - 1].First < _freed[low - 1].Count;
    }

    private void One(ZfsSendReader reader, ZfsChangeQuestion question, int most)
    {
        ZfsRecordView record = reader.Record;
        switch (reader.Type)
        {
            case ZfsRecordType.Begin:
                question.Check($"ZFS send stream of '{reader.Begin.Name}'", reader.Begin.FromGuid, reader.Begin.ToGuid, reader.Begin.Features);
                break;
            case ZfsRecordType.Object when record.U32(16) is ChangedObject.File or ChangedObject.Directory:
                _objects[record.U64(8)] = new ChangedObject(
                    record.U64(8), record.U32(16) == ChangedObject.Directory, NodeAttributes.TryRead(record, reader.Payload, reader.Swapped));
                break;
            case ZfsRecordType.FreeObjects:
                _freed.Add((record.U64(8), record.U64(16)));
                break;
            case ZfsRecordType.Write:
                Wrote(ZfsBlock.ReadWrite(record), most);
                break;
            case ZfsRecordType.WriteEmbedded:
                Wrote(ZfsBlock.ReadEmbedded(record), most);
                break;
            case ZfsRecordType.Free when ZfsRange.Read(record) is var range && range.TryBounds(out long offset, out long end):
                Find(range.Number)?.Add(new ChangedObject.Piece(offset, end, ExtentState.Zero), most);
                break;
            case ZfsRecordType.Spill when Find(record.U64(8)) is { } spilled:
                spilled.IsWritten = true;
                break;
            case ZfsRecordType.WriteByRef or ZfsRecordType.Redact:
                throw ZfsChangeQuestion.LeftOut($"ZFS send stream of '{reader.Begin.Name}'", "a redacted or deduplicated stream");
            default:
                break;
        }
    }

    private void Wrote(ZfsBlock block, int most)
    {
        if (Find(block.Number) is { } written)
        {
            written.IsWritten = true;
            if (!block.IsSpill)
            {
                written.Add(new ChangedObject.Piece(block.Offset, block.Offset + block.Length, ExtentState.Data), most);
            }
        }
    }
}
