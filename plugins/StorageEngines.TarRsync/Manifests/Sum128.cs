using System.Buffers.Binary;

namespace StorageEngines.TarRsync.Manifests;

/// <summary>A hash of 16 bytes: a checksum, a fingerprint, or a fast hash. Not a UInt128, because code with one in it cannot be compiled ahead of time.</summary>
/// <param name="high">The first eight bytes, big-endian.</param>
/// <param name="low">The last eight.</param>
internal readonly struct Sum128(ulong high, ulong low) : IEquatable<Sum128>
{
    /// <summary>Bytes: 16.</summary>
    internal const int Size = 16;

    private readonly ulong _high = high;
    private readonly ulong _low = low;

    /// <summary>All bits are 0: there is none.</summary>
    internal bool IsZero => (_high | _low) == 0;

    public static bool operator ==(Sum128 left, Sum128 right) => left.Equals(right);

    public static bool operator !=(Sum128 left, Sum128 right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(Sum128 other) => _high == other._high && _low == other._low;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Sum128 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_high, _low);

    /// <inheritdoc/>
    public override string ToString() => $"{_high:x16}{_low:x16}";

    /// <summary>Reads the first 16 bytes.</summary>
    internal static Sum128 Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));

    /// <summary>Writes 16 bytes.</summary>
    internal void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes, _high);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], _low);
    }
}
