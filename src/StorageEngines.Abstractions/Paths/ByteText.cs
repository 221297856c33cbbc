using System.Buffers;
using System.Text;

namespace StorageEngines;

/// <summary>
/// Prints bytes as text without loss and reads them back: printable UTF-8 stays as it is, a backslash becomes <c>\\</c>, every other byte
/// <c>\xNN</c> (two lower-case hex digits). So a file name with a line break or with invalid UTF-8 takes one line and can be typed again.
/// </summary>
/// <remarks>Stateless; safe for use by several threads.</remarks>
public static class ByteText
{
    /// <summary>Prints bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <returns>One line of text, from which <see cref="Unescape"/> makes the same bytes.</returns>
    public static string Escape(ReadOnlySpan<byte> bytes)
    {
        if (IsPlain(bytes))
        {
            return Encoding.ASCII.GetString(bytes);
        }

        var text = new StringBuilder(bytes.Length + 16);
        while (!bytes.IsEmpty)
        {
            OperationStatus status = Rune.DecodeFromUtf8(bytes, out Rune rune, out int used);
            if (status == OperationStatus.Done && rune.Value == '\\')
            {
                text.Append(@"\\");
            }
            else if (status == OperationStatus.Done && IsPrintable(rune))
            {
                text.Append(rune.ToString());
            }
            else
            {
                foreach (byte b in bytes[..used])
                {
                    text.Append(@"\x").Append(HexDigit(b >> 4)).Append(HexDigit(b & 0xF));
                }
            }

            bytes = bytes[used..];
        }

        return text.ToString();
    }

    /// <summary>Reads what <see cref="Escape"/> printed, or plain text that a person typed.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The bytes.</returns>
    /// <exception cref="FormatException">A backslash is followed by neither a backslash nor <c>x</c> and two hex digits.</exception>
    public static byte[] Unescape(ReadOnlySpan<char> text)
    {
        var bytes = new ArrayBufferWriter<byte>(text.Length + 8);
        while (!text.IsEmpty)
        {
            int plain = text.IndexOf('\\');
            ReadOnlySpan<char> run = plain < 0 ? text : text[..plain];
            Encoding.UTF8.GetBytes(run, bytes);
            text = text[run.Length..];
            if (!text.IsEmpty)
            {
                text = text[ReadEscape(text, bytes)..];
            }
        }

        return bytes.WrittenSpan.ToArray();
    }

    private static int ReadEscape(ReadOnlySpan<char> text, ArrayBufferWriter<byte> bytes)
    {
        if (text.Length >= 2 && text[1] == '\\')
        {
            bytes.Write("\\"u8);
            return 2;
        }

        if (text.Length >= 4 && text[1] == 'x' && char.IsAsciiHexDigit(text[2]) && char.IsAsciiHexDigit(text[3]))
        {
            bytes.Write([(byte)((HexValue(text[2]) << 4) | HexValue(text[3]))]);
            return 4;
        }

        throw new FormatException(@"A backslash has to be followed by a backslash or by x and two hex digits, as in \\ or \x0a.");
    }

    private static bool IsPlain(ReadOnlySpan<byte> bytes)
        => !bytes.ContainsAnyExceptInRange((byte)0x20, (byte)0x7E) && !bytes.Contains((byte)'\\');

    private static bool IsPrintable(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        System.Globalization.UnicodeCategory.Control or
        System.Globalization.UnicodeCategory.Format or
        System.Globalization.UnicodeCategory.LineSeparator or
        System.Globalization.UnicodeCategory.ParagraphSeparator or
        System.Globalization.UnicodeCategory.PrivateUse or
        System.Globalization.UnicodeCategory.OtherNotAssigned or
        System.Globalization.UnicodeCategory.Surrogate);

    private static char HexDigit(int value) => (char)(value < 10 ? '0' + value : 'a' + value - 10);

    private static int HexValue(char digit) => char.IsAsciiDigit(digit) ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
