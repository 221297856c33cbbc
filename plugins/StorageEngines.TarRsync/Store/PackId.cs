using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace StorageEngines.TarRsync.Store;

/// <summary>The id in a pack's name. Not a UInt128, because code with one in it cannot be compiled ahead of time.</summary>
/// <param name="high">The first eight bytes, big-endian.</param>
/// <param name="low">The last eight.</param>
internal readonly struct PackId(ulong high, ulong low) : IEquatable<PackId>
{
    /// <summary>Bytes: 16.</summary>
    internal const int Size = 16;

    private const int NameLength = (2 * Size) + 5;

    private readonly ulong _high = high;
    private readonly ulong _low = low;

    /// <summary>All bits are 0: there is none.</summary>
    internal bool IsNone => (_high | _low) == 0;

    public static bool operator ==(PackId left, PackId right) => left.Equals(right);

    public static bool operator !=(PackId left, PackId right) => !left.Equals(right);

    /// <summary>The id in a file's name; none if that is no pack's name.</summary>
    internal static PackId FromName(ReadOnlySpan<char> name)
        => name.Length == NameLength && name.EndsWith(".pack") && TryHex(name[..16], out ulong high) && TryHex(name[16..32], out ulong low) ? new PackId(high, low) : default;

    /// <inheritdoc cref="FromName(ReadOnlySpan{char})"/>
    internal static PackId FromName(ReadOnlySpan<byte> name)
    {
        Span<char> text = stackalloc char[NameLength];
        return name.Length == NameLength && Ascii.ToUtf16(name, text, out _) == OperationStatus.Done ? FromName(text) : default;
    }

    /// <summary>Reads 16 bytes.</summary>
    internal static PackId Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));

    /// <inheritdoc/>
    public bool Equals(PackId other) => _high == other._high && _low == other._low;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is PackId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_high, _low);

    /// <summary>32 hex digits.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Size];
        Write(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    /// <summary>Writes 16 bytes.</summary>
    internal void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes, _high);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], _low);
    }

    private static bool TryHex(ReadOnlySpan<char> digits, out ulong value)
    {
        value = 0;
        foreach (char digit in digits)
        {
            int nibble = digit is >= '0' and <= '9' ? digit - '0' : digit is >= 'a' and <= 'f' ? digit - 'a' + 10 : -1;
            if (nibble < 0)
                return false;
            value = (value << 4) | (uint)nibble;
        }
        return true;
    }
}
