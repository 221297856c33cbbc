namespace StorageEngines.Zfs.Streams;

/// <summary>Sizes, places and limits of the send stream: OpenZFS 2.3, <c>include/sys/zfs_ioctl.h</c>.</summary>
internal static class ZfsStreamFormat
{
    /// <summary>Bytes of a record, without what follows it.</summary>
    internal const int RecordBytes = 312;

    /// <summary>Where the checksum of all that came before is, in every record but BEGIN: four numbers of 64 bits.</summary>
    internal const int ChecksumOffset = 280;

    /// <summary>Bytes of a checksum.</summary>
    internal const int ChecksumBytes = 32;

    /// <summary>In the byte order of the machine that sent the stream, at byte 8 of BEGIN.</summary>
    internal const ulong Magic = 0x2F5BACBAC;

    /// <summary>Most bytes of a block: <c>SPA_MAXBLOCKSIZE</c>.</summary>
    internal const int MaximumBlock = 16 << 20;

    /// <summary>Most bytes of the name-value list after BEGIN.</summary>
    internal const int MaximumList = 64 << 20;

    /// <summary>Most bytes of what is beside an object: less than 32 slots of 512 bytes, and in raw streams rounded up.</summary>
    internal const int MaximumBonus = 32 << 10;

    /// <summary>Most bytes of a block in its pointer: <c>BPE_PAYLOAD_SIZE</c>.</summary>
    internal const int MaximumEmbedded = 112;

    /// <summary>As the length of FREE: to the end of the object, however long it is.</summary>
    internal const ulong ToTheEnd = ulong.MaxValue;

    /// <summary>The features this library knows; a stream with another one cannot be understood for sure.</summary>
    internal const ZfsStreamFeatures KnownFeatures =
        ZfsStreamFeatures.Dedup | ZfsStreamFeatures.DedupProperties | ZfsStreamFeatures.SystemAttributeSpill | ZfsStreamFeatures.EmbeddedData
        | ZfsStreamFeatures.Lz4 | ZfsStreamFeatures.LargeBlocks | ZfsStreamFeatures.Resuming | ZfsStreamFeatures.Redacted | ZfsStreamFeatures.Compressed
        | ZfsStreamFeatures.LargeObjects | ZfsStreamFeatures.Raw | ZfsStreamFeatures.Zstd | ZfsStreamFeatures.Holds
        | ZfsStreamFeatures.SwitchToLargeBlocks | ZfsStreamFeatures.LongNames | ZfsStreamFeatures.LargeMicroZap;

    /// <summary>The name of a record in messages.</summary>
    internal static string Name(ZfsRecordType type) => type switch
    {
        ZfsRecordType.Begin => "BEGIN",
        ZfsRecordType.Object => "OBJECT",
        ZfsRecordType.FreeObjects => "FREEOBJECTS",
        ZfsRecordType.Write => "WRITE",
        ZfsRecordType.Free => "FREE",
        ZfsRecordType.End => "END",
        ZfsRecordType.WriteByRef => "WRITE_BYREF",
        ZfsRecordType.Spill => "SPILL",
        ZfsRecordType.WriteEmbedded => "WRITE_EMBEDDED",
        ZfsRecordType.ObjectRange => "OBJECT_RANGE",
        ZfsRecordType.Redact => "REDACT",
        _ => $"type {(int)type}",
    };

    /// <summary>Where a record has the guid of the snapshot it belongs to; 0 for BEGIN, of which it is the source.</summary>
    internal static int GuidOffset(ZfsRecordType type) => type switch
    {
        ZfsRecordType.Object or ZfsRecordType.Write or ZfsRecordType.End => 40,
        ZfsRecordType.FreeObjects or ZfsRecordType.Spill or ZfsRecordType.ObjectRange => 24,
        ZfsRecordType.Free or ZfsRecordType.WriteByRef or ZfsRecordType.WriteEmbedded or ZfsRecordType.Redact => 32,
        _ => 0,
    };
}
