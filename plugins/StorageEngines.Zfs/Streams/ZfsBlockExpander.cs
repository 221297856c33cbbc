using StorageEngines.Zfs.Compression;

namespace StorageEngines.Zfs.Streams;

/// <summary>Gives the bytes of blocks as they are in the object, whatever the stream has them compressed by. Keeps its memory from block to block, twice the largest at most. Not thread-safe.</summary>
internal sealed class ZfsBlockExpander
{
    private byte[] _plain = [];
    private byte[] _packed = [];

    /// <summary>The bytes of the WRITE or WRITE_EMBEDDED record read last.</summary>
    /// <param name="reader">The reader, which keeps payloads.</param>
    /// <returns>As many bytes as the block has in the object; good until the next record or block is read.</returns>
    /// <exception cref="CorruptDataException">The block does not expand to what the record says.</exception>
    /// <exception cref="StorageEngineException">
    /// <see cref="EngineReason.NotSupported"/>: the block is encrypted. <see cref="EngineReason.ToolMissing"/>: it needs libzstd, which is not there.
    /// </exception>
    internal ReadOnlySpan<byte> Expand(ZfsSendReader reader)
    {
        ZfsBlock block = reader.Type switch
        {
            ZfsRecordType.Write => ZfsBlock.ReadWrite(reader.Record),
            ZfsRecordType.WriteEmbedded => ZfsBlock.ReadEmbedded(reader.Record),
            _ => throw new InvalidOperationException($"A {ZfsStreamFormat.Name(reader.Type)} record has no block."),
        };
        Refuse(reader);
        ReadOnlySpan<byte> payload = reader.Payload[..block.PayloadBytes];
        if (block.Compression == ZfsCompression.Off || (block.Compression == ZfsCompression.Inherit && block.PayloadBytes == block.Length))
        {
            return payload.Length == block.Length ? payload : throw reader.Damaged(0, $"a block of {block.Length} bytes that is not compressed has {payload.Length}");
        }

        Grow(ref _plain, block.Length);
        Span<byte> plain = _plain.AsSpan(0, block.Length);
        return TryExpand(reader, block.Compression, payload, plain)
            ? plain
            : throw reader.Damaged(0, $"its {payload.Length} bytes do not expand by {Name(block.Compression)} to the {block.Length} it says");
    }

    private bool TryExpand(ZfsSendReader reader, ZfsCompression compression, ReadOnlySpan<byte> payload, Span<byte> plain)
    {
        switch (compression)
        {
            case ZfsCompression.Lz4:
                return Lz4Block.TryExpand(payload, plain);
            case ZfsCompression.Lzjb:
                return LzjbBlock.TryExpand(payload, plain);
            case ZfsCompression.Zle:
                return ZleBlock.TryExpand(payload, plain);
            case ZfsCompression.Zstd when !ZstdBlock.IsAvailable:
                throw new StorageEngineException(
                    EngineStatus.FailedPrecondition, EngineReason.ToolMissing, Recovery.OperatorAction,
                    $"ZFS send stream: byte {reader.RecordOffset}: the block is compressed by Zstandard, and {ZstdBlock.LibraryName} is not on this machine; install it (libzstd1 on Debian and Ubuntu), or send without '-c'.");
            case ZfsCompression.Zstd:
                return ZstdBlock.TryExpand(Copy(payload), plain);
            case >= ZfsCompression.Gzip1 and <= ZfsCompression.Gzip9:
                Copy(payload);
                return GzipBlock.TryExpand(_packed, payload.Length, plain);
            default:
                throw reader.Damaged(0, $"a block compressed by {Name(compression)}");
        }
    }

    private static void Refuse(ZfsSendReader reader)
    {
        if ((reader.Begin.Features & ZfsStreamFeatures.Raw) != 0)
        {
            throw new StorageEngineException(
                EngineStatus.Unimplemented, EngineReason.NotSupported, Recovery.FixRequest,
                $"ZFS send stream: byte {reader.RecordOffset}: the data of '{reader.Begin.Name}' is encrypted (a raw stream); load the key and send without '-w' to read it. Extents can be had from it as it is.");
        }

        // Anything but plain data (parts of a redacted block, encrypted pieces) is not the object's content.
        if (reader.Type == ZfsRecordType.WriteEmbedded && reader.Record.U8(41) is var kind && kind != 0)
        {
            throw reader.Damaged(41, $"embedded data of kind {kind}");
        }
    }

    private Span<byte> Copy(ReadOnlySpan<byte> payload)
    {
        Grow(ref _packed, payload.Length);
        payload.CopyTo(_packed);
        return _packed.AsSpan(0, payload.Length);
    }

    private static void Grow(ref byte[] buffer, int bytes) => buffer = buffer.Length >= bytes ? buffer : new byte[Math.Max(bytes, Math.Min(2 * buffer.Length, ZfsStreamFormat.MaximumBlock))];

    private static string Name(ZfsCompression compression) => compression switch
    {
        >= ZfsCompression.Gzip1 and <= ZfsCompression.Gzip9 => "gzip",
        _ => compression.ToString().ToUpperInvariant(),
    };
}
