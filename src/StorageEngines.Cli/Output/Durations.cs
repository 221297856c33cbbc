using System.Globalization;
using StorageEngines.Cli.Errors;

namespace StorageEngines.Cli.Output;

/// <summary>Durations as people type them.</summary>
internal static class Durations
{
    private const long MostDays = 3650;

    /// <summary>Reads a whole number of seconds (s), minutes (m), hours (h) or days (d); 0 needs no unit.</summary>
    /// <exception cref="UsageException">It is none, or longer than ten years.</exception>
    internal static TimeSpan Parse(string? text, string option, TimeSpan usual)
    {
        if (text is null)
        {
            return usual;
        }

        long unit = text.Length == 0 ? 0 : text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86400, _ => 0 };
        string digits = unit == 0 ? text : text[..^1];
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long count) && (unit != 0 || count == 0) && count <= MostDays * 86400 / Math.Max(1, unit)
            ? TimeSpan.FromSeconds(count * unit)
            : throw new UsageException($"{option} {text}: this is no duration", "give a whole number and a unit, e.g. 90s, 30m, 1h or 7d, or 0");
    }
}
