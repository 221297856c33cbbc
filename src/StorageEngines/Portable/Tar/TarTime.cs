using System.Globalization;
using System.Text;

namespace StorageEngines.Portable.Tar;

/// <summary>Numbers of tar headers.</summary>
internal static class TarTime
{
    /// <summary>An instant as a decimal number of seconds, as pax has it.</summary>
    internal static string Format(UnixTime time)
        => time.Seconds < 0 && time.Nanoseconds > 0
            ? string.Create(CultureInfo.InvariantCulture, $"-{-(time.Seconds + 1)}.{1_000_000_000 - time.Nanoseconds:D9}")
            : string.Create(CultureInfo.InvariantCulture, $"{time.Seconds}.{time.Nanoseconds:D9}");

    /// <summary>Reads what <see cref="Format"/> and other programs write; false if it is no number.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> text, out UnixTime time)
    {
        time = default;
        bool negative = text.StartsWith("-"u8);
        ReadOnlySpan<byte> digits = negative ? text[1..] : text;
        int point = digits.IndexOf((byte)'.');
        ReadOnlySpan<byte> whole = point < 0 ? digits : digits[..point];
        ReadOnlySpan<byte> fraction = point < 0 ? [] : digits[(point + 1)..];
        if (!long.TryParse(whole, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds) || fraction.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return false;
        }

        int nanoseconds = int.Parse(Encoding.ASCII.GetString(fraction[..Math.Min(9, fraction.Length)]).PadRight(9, '0'), CultureInfo.InvariantCulture);
        time = !negative ? new UnixTime(seconds, nanoseconds)
            : nanoseconds == 0 ? new UnixTime(-seconds, 0)
            : new UnixTime(-seconds - 1, 1_000_000_000 - nanoseconds);
        return true;
    }

    /// <summary>The sum of a header's bytes, its own field counted as blanks.</summary>
    internal static long Checksum(ReadOnlySpan<byte> header)
    {
        long sum = 8 * ' ';
        for (int i = 0; i < header.Length; i++)
        {
            sum += i is >= 148 and < 156 ? 0 : header[i];
        }

        return sum;
    }
}
