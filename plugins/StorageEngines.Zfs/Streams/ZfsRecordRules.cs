namespace StorageEngines.Zfs.Streams;

/// <summary>How many bytes follow a record, and what its numbers may be. What breaks a rule is told with the place of the number in the record.</summary>
internal static class ZfsRecordRules
{
    private const int HighestCompression = (int)ZfsCompression.Zstd;

    /// <summary>Checks a record.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="record">The record.</param>
    /// <param name="at">Where in the record the wrong number is.</param>
    /// <param name="wrong">What is wrong, or null.</param>
    /// <returns>Bytes that follow the record.</returns>
    internal static int Payload(ZfsRecordType type, ZfsRecordView record, out int at, out string? wrong)
    {
        at = 0;
        wrong = null;
        return type switch
        {
            ZfsRecordType.Begin => Begin(record, ref at, ref wrong),
            ZfsRecordType.Object => Object(record, ref at, ref wrong),
            ZfsRecordType.Write => Write(record, ref at, ref wrong),
            ZfsRecordType.Spill => Spill(record, ref at, ref wrong),
            ZfsRecordType.WriteEmbedded => Embedded(record, ref at, ref wrong),
            ZfsRecordType.Free or ZfsRecordType.WriteByRef or ZfsRecordType.Redact => Range(record, ref at, ref wrong),
            _ => 0,
        };
    }

    private static int Begin(ZfsRecordView record, ref int at, ref string? wrong)
    {
        if ((record.U64(16) & 3) is not (1 or 2))
        {
            (at, wrong) = (16, $"it is neither a stream nor a package of streams, but kind {record.U64(16) & 3}");
        }

        return (int)Bounded(record.U32(4), 0, ZfsStreamFormat.MaximumList, 4, "a name-value list", ref at, ref wrong);
    }

    private static int Object(ZfsRecordView record, ref int at, ref string? wrong)
    {
        Bounded(record.U32(24), 0, ZfsStreamFormat.MaximumBlock, 24, "a block size", ref at, ref wrong);
        ulong bonus = Bounded(record.U32(28), 0, ZfsStreamFormat.MaximumBonus, 28, "a bonus", ref at, ref wrong);
        ulong raw = Bounded(record.U32(36), 0, ZfsStreamFormat.MaximumBonus, 36, "a bonus", ref at, ref wrong);
        return (int)(raw != 0 ? raw : RoundUp(bonus));
    }

    private static int Write(ZfsRecordView record, ref int at, ref string? wrong)
    {
        ulong length = Bounded(record.U64(32), 1, ZfsStreamFormat.MaximumBlock, 32, "a block", ref at, ref wrong);
        Bounded(record.U64(24), 0, long.MaxValue - length, 24, "an offset", ref at, ref wrong);
        if (record.U8(50) == 0)
        {
            return (int)length;
        }

        Bounded(record.U8(50), 0, HighestCompression, 50, "a kind of compression", ref at, ref wrong);
        return (int)Bounded(record.U64(96), 1, ZfsStreamFormat.MaximumBlock, 96, "a compressed block", ref at, ref wrong);
    }

    private static int Spill(ZfsRecordView record, ref int at, ref string? wrong)
    {
        ulong length = Bounded(record.U64(16), 1, ZfsStreamFormat.MaximumBlock, 16, "a block", ref at, ref wrong);
        ulong compressed = Bounded(record.U64(40), 0, ZfsStreamFormat.MaximumBlock, 40, "a compressed block", ref at, ref wrong);
        return (int)(compressed != 0 ? compressed : length);
    }

    private static int Embedded(ZfsRecordView record, ref int at, ref string? wrong)
    {
        ulong length = Bounded(record.U64(24), 1, ZfsStreamFormat.MaximumBlock, 24, "a block", ref at, ref wrong);
        if (!ZfsBlock.IsSpillAt(record.U64(16), length))
        {
            Bounded(record.U64(16), 0, long.MaxValue - length, 16, "an offset", ref at, ref wrong);
        }

        Bounded(record.U8(40), 0, HighestCompression, 40, "a kind of compression", ref at, ref wrong);
        return (int)RoundUp(Bounded(record.U32(52), 1, ZfsStreamFormat.MaximumEmbedded, 52, "an embedded block", ref at, ref wrong));
    }

    private static int Range(ZfsRecordView record, ref int at, ref string? wrong)
    {
        ulong length = record.U64(24), offset = record.U64(16);
        if (length == ZfsStreamFormat.ToTheEnd)
        {
            return 0; // the offset may be anything: nothing is beyond the end
        }

        Bounded(length, 0, long.MaxValue, 24, "a range", ref at, ref wrong);
        Bounded(offset, 0, ulong.MaxValue - length, 16, "an offset", ref at, ref wrong);
        return 0;
    }

    private static ulong RoundUp(ulong bytes) => (bytes + 7) & ~7UL;

    // The first wrong number is told; what is returned is within the bounds.
    private static ulong Bounded(ulong value, ulong least, ulong most, int offset, string what, ref int at, ref string? wrong)
    {
        if (value >= least && value <= most)
        {
            return value;
        }

        if (wrong is null)
        {
            (at, wrong) = (offset, $"{what} of {value}; {least} to {most} are allowed");
        }

        return least;
    }
}
