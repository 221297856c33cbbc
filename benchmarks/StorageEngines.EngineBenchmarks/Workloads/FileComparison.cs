using System.Globalization;

namespace StorageEngines.EngineBenchmarks.Workloads;

/// <summary>Compares two files byte by byte.</summary>
internal static class FileComparison
{
    private const int Step = 1 << 20;

    /// <summary>Compares contents.</summary>
    /// <exception cref="WrongResultException">They differ.</exception>
    public static string Compare(string expected, string actual)
    {
        using FileStream first = File.OpenRead(expected), second = File.OpenRead(actual);
        if (first.Length != second.Length)
        {
            throw new WrongResultException(string.Create(CultureInfo.InvariantCulture, $"{second.Length:N0} bytes instead of {first.Length:N0}"));
        }

        byte[] left = new byte[Step], right = new byte[Step];
        for (long at = 0; at < first.Length; at += Step)
        {
            int count = first.ReadAtLeast(left, Step, throwOnEndOfStream: false);
            second.ReadExactly(right, 0, count);
            if (!left.AsSpan(0, count).SequenceEqual(right.AsSpan(0, count)))
            {
                throw new WrongResultException(string.Create(CultureInfo.InvariantCulture, $"a byte differs behind {at}"));
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"{first.Length:N0} bytes identical");
    }
}
