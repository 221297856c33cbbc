using System.Text;

namespace StorageEngines.Hosting;

/// <summary>Reads the value of an attribute, or whatever else is a blob of metadata.</summary>
/// <remarks>ECMA-335, II.23.2 and II.23.3. A blob that is too short is an <see cref="ArgumentException"/> or <see cref="IndexOutOfRangeException"/>.</remarks>
internal ref struct MetadataBlob(ReadOnlySpan<byte> bytes)
{
    private const byte NoText = 0xFF;

    private ReadOnlySpan<byte> _rest = bytes;

    internal ushort Half() => BitConverter.ToUInt16(Bytes(2));

    /// <summary>A length in one, two or four bytes.</summary>
    internal int Length()
    {
        byte first = _rest[0];
        if (first < 0x80)
        {
            return Bytes(1)[0];
        }

        ReadOnlySpan<byte> number = Bytes(first < 0xC0 ? 2 : 4);
        return first < 0xC0
            ? ((first & 0x3F) << 8) | number[1]
            : first < 0xE0 ? ((first & 0x1F) << 24) | (number[1] << 16) | (number[2] << 8) | number[3] : throw new BadImageFormatException("A length is none.");
    }

    /// <summary>A text with its length before it; null for none.</summary>
    internal string? Text()
    {
        if (_rest[0] == NoText)
        {
            Bytes(1);
            return null;
        }

        return Encoding.UTF8.GetString(Bytes(Length()));
    }

    internal ReadOnlySpan<byte> Bytes(int count)
    {
        ReadOnlySpan<byte> taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
