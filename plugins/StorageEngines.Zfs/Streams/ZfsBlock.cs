namespace StorageEngines.Zfs.Streams;

/// <summary>What a WRITE or WRITE_EMBEDDED record says; the block itself is the record's payload.</summary>
/// <param name="Number">The object.</param>
/// <param name="Offset">Where in the object, in bytes; negative for a block of attributes, see <see cref="IsSpill"/>.</param>
/// <param name="Length">Bytes of the block once it is expanded; its length in the object. 1 or more.</param>
/// <param name="Compression">How the payload is compressed; <see cref="ZfsCompression.Off"/> if it is not.</param>
/// <param name="PayloadBytes">Bytes of the payload that count; what follows is padding.</param>
internal readonly record struct ZfsBlock(ulong Number, long Offset, int Length, ZfsCompression Compression, int PayloadBytes)
{
    // DMU_SPILL_BLKID, in blocks.
    private const long SpillBlock = -2;

    /// <summary>
    /// Whether it is none of the file's blocks but its attributes: OpenZFS from 2.3 on, asked for embedded blocks (<c>-e</c>, <c>-w</c>), sends a small spill block as a WRITE_EMBEDDED record two blocks before
    /// the file's beginning. Whoever receives that loses the attributes without a word (openzfs 18239, 19091).
    /// </summary>
    internal bool IsSpill => Offset < 0;

    /// <summary>Whether an offset is where a small block of attributes is said to be.</summary>
    internal static bool IsSpillAt(ulong offset, ulong length) => offset == unchecked((ulong)(SpillBlock * (long)length));

    /// <summary>Reads a WRITE record that was checked.</summary>
    internal static ZfsBlock ReadWrite(ZfsRecordView record)
    {
        int length = (int)record.U64(32);
        byte compression = record.U8(50);
        return new ZfsBlock(
            record.U64(8),
            (long)record.U64(24),
            length,
            compression == 0 ? ZfsCompression.Off : (ZfsCompression)compression,
            compression == 0 ? length : (int)record.U64(96));
    }

    /// <summary>Reads a WRITE_EMBEDDED record that was checked.</summary>
    internal static ZfsBlock ReadEmbedded(ZfsRecordView record)
        => new(record.U64(8), unchecked((long)record.U64(16)), (int)record.U64(24), (ZfsCompression)record.U8(40), (int)record.U32(52));
}
