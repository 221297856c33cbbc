namespace StorageEngines.Portable.Rolling;

/// <summary>
/// librsync's delta format, as <c>rdiff</c> writes and reads it; all numbers are big endian. Ours: a trailer behind the end command, where other readers stop.
/// </summary>
internal static class RdiffFormat
{
    internal const uint Magic = 0x72730236;
    internal const byte End = 0;

    /// <summary>Literals of 1 to 64 bytes have their length as their command.</summary>
    internal const int LongestShortLiteral = 64;

    /// <summary>The first of four: literals whose length has 1, 2, 4 or 8 bytes.</summary>
    internal const byte Literal = 0x41;

    /// <summary>The first of sixteen: offset of 1, 2, 4 or 8 bytes, and for each a length of 1, 2, 4 or 8 bytes.</summary>
    internal const byte Copy = 0x45;

    /// <summary>The last command that has a meaning.</summary>
    internal const byte LastCopy = 0x54;

    /// <summary>The longest command without a literal's bytes.</summary>
    internal const int LongestCommand = 1 + 8 + 8;
}
