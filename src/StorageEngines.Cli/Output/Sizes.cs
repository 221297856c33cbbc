using System.Globalization;

namespace StorageEngines.Cli.Output;

/// <summary>Numbers for people; programs get plain numbers of bytes.</summary>
internal static class Sizes
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>E.g. <c>4 GiB</c>, <c>1.5 MiB</c>, <c>512 B</c>: powers of 1024, one digit after the point at most, rounded to nearest.</summary>
    internal static string Bytes(long bytes)
    {
        double value = bytes;
        int unit = 0;
        while (Math.Abs(value) >= 1024 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{value:0.#} {Units[unit]}");
    }

    /// <summary>E.g. <c>200,000</c>.</summary>
    internal static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>E.g. <c>1,234,567 B (1.2 MiB)</c>.</summary>
    internal static string Exact(long bytes) => bytes < 1024 ? $"{bytes} B" : $"{Count(bytes)} B ({Bytes(bytes)})";

    /// <summary>E.g. <c>2026-11-21T02:37:00Z</c>.</summary>
    internal static string Instant(DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
