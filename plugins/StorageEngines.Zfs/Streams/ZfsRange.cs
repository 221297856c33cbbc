namespace StorageEngines.Zfs.Streams;

/// <summary>A range of an object: what FREE, WRITE_BYREF and REDACT records say.</summary>
/// <param name="Number">The object.</param>
/// <param name="Offset">Where in the object, in bytes.</param>
/// <param name="Length">Bytes; <see cref="ZfsStreamFormat.ToTheEnd"/> for all that follows.</param>
internal readonly record struct ZfsRange(ulong Number, ulong Offset, ulong Length)
{
    /// <summary>Reads a record that was checked.</summary>
    internal static ZfsRange Read(ZfsRecordView record) => new(record.U64(8), record.U64(16), record.U64(24));

    /// <summary>The range's ends, as far as a file can reach.</summary>
    /// <param name="offset">Its first byte.</param>
    /// <param name="end">The byte after its last; <see cref="long.MaxValue"/> if it goes to the end.</param>
    /// <returns>False if nothing of it is within reach.</returns>
    internal bool TryBounds(out long offset, out long end)
    {
        ulong last = Length > long.MaxValue || Offset > long.MaxValue - Length ? long.MaxValue : Offset + Length;
        (offset, end) = ((long)Math.Min(Offset, long.MaxValue), (long)last);
        return offset < end;
    }
}
