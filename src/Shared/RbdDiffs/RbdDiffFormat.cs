namespace StorageEngines.RbdDiffs;

/// <summary>
/// The bytes of RBD diffs. Version 1: banner, metadata records (<c>f</c>, <c>t</c>, <c>s</c>), data records (<c>w</c>, <c>z</c>), <c>e</c>; integers
/// little endian. Version 2 has the record's length behind each tag but <c>e</c>. Ours have a trailer behind <c>e</c>, where other readers have stopped:
/// where the names are not identities a <see cref="RbdDiffSource"/>, then the words below and the SHA-256 of everything before it.
/// </summary>
internal static class RbdDiffFormat
{
    internal const byte From = (byte)'f';
    internal const byte To = (byte)'t';
    internal const byte Size = (byte)'s';
    internal const byte Write = (byte)'w';
    internal const byte Zero = (byte)'z';
    internal const byte End = (byte)'e';

    /// <summary>Bytes of offset and length in a data record.</summary>
    internal const int RangeBytes = 16;

    /// <summary>The most data in one record that is written here: 1 MiB. Other readers hold a whole record in memory.</summary>
    internal const int MaxWriteBytes = 1024 * 1024;

    internal static ReadOnlySpan<byte> Banner1 => "rbd diff v1\n"u8;

    internal static ReadOnlySpan<byte> Banner2 => "rbd diff v2\n"u8;

    internal static ReadOnlySpan<byte> TrailerMagic => "seng-sha256\n"u8;
}
