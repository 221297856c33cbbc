using System.Buffers;
using System.Globalization;
using System.Text;

namespace StorageEngines.Posix;

/// <summary>
/// Names as printable text and back without loss: printable UTF-8 stays, a backslash is <c>\\</c>, any other byte is <c>\xNN</c>.
/// </summary>
internal static class LosslessName
{
    /// <summary>Prints <paramref name="name"/>; two different names never print alike.</summary>
    internal static string Format(ReadOnlySpan<byte> name)
    {
        StringBuilder text = new(name.Length);
        while (!name.IsEmpty)
        {
            OperationStatus status = Rune.DecodeFromUtf8(name, out Rune rune, out int length);
            if (status == OperationStatus.Done && rune.Value == '\\')
                text.Append(@"\\");
            else if (status == OperationStatus.Done && IsPrintable(rune))
                text.Append(rune);
            else
                AppendEscaped(text, name[..length]);
            name = name[length..];
        }
        return text.ToString();
    }

    /// <summary>Reads what <see cref="Format"/> printed.</summary>
    /// <exception cref="FormatException">An escape is not <c>\\</c> or <c>\xNN</c>, or the text holds a lone surrogate.</exception>
    internal static byte[] Parse(ReadOnlySpan<char> text)
    {
        ArrayBufferWriter<byte> bytes = new(text.Length + 1);
        for (int i = 0; i < text.Length;)
        {
            if (text[i] == '\\')
            {
                i += ParseEscape(text[i..], i, bytes);
                continue;
            }
            if (Rune.DecodeFromUtf16(text[i..], out Rune rune, out int length) != OperationStatus.Done)
                throw new FormatException($"The name holds a lone surrogate at character {i}.");
            bytes.Advance(rune.EncodeToUtf8(bytes.GetSpan(4)));
            i += length;
        }
        return bytes.WrittenSpan.ToArray();
    }

    private static int ParseEscape(ReadOnlySpan<char> rest, int position, ArrayBufferWriter<byte> bytes)
    {
        if (rest.Length >= 2 && rest[1] == '\\')
        {
            bytes.Write("\\"u8);
            return 2;
        }
        if (rest.Length >= 4 && rest[1] == 'x'
            && byte.TryParse(rest.Slice(2, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value))
        {
            bytes.Write([value]);
            return 4;
        }
        throw new FormatException($@"The name holds a backslash at character {position} that is not part of \\ or \xNN.");
    }

    private static bool IsPrintable(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.SpaceSeparator);

    private static void AppendEscaped(StringBuilder text, ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
            text.Append(CultureInfo.InvariantCulture, $@"\x{value:X2}");
    }
}
