using System.Runtime.CompilerServices;

namespace StorageEngines.TarRsync.Manifests;

/// <summary>Numbers of 1 to 10 bytes, 7 bits each, the lowest first (LEB128); signed ones as zigzag.</summary>
internal static class Varint
{
    /// <summary>The most bytes of a number.</summary>
    internal const int MaxSize = 10;

    /// <summary>Writes a number; returns the bytes used.</summary>
    internal static int Write(Span<byte> bytes, ulong value)
    {
        int used = 0;
        while (value >= 0x80)
        {
            bytes[used++] = unchecked((byte)(value | 0x80));
            value >>= 7;
        }
        bytes[used++] = (byte)value;
        return used;
    }

    /// <summary>Maps small negative and positive numbers to small numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong ZigZag(long value) => unchecked((ulong)((value << 1) ^ (value >> 63)));

    /// <summary>Undoes <see cref="ZigZag"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static long UnZigZag(ulong value) => unchecked((long)(value >> 1) ^ -(long)(value & 1));
}
