using System.Globalization;

namespace StorageEngines.EngineBenchmarks.Workloads;

/// <summary>Compares two trees of regular files in directories.</summary>
internal static class TreeComparison
{
    /// <summary>Compares names, contents, modes and times of modification; the last within a microsecond, which is all that every contestant keeps.</summary>
    /// <exception cref="WrongResultException">They differ.</exception>
    public static string Compare(string expected, string actual)
    {
        string[] names = Names(expected);
        string[] others = Names(actual);
        TruthFile.Compare("names in the restored tree", names.ToHashSet(), others.ToHashSet());
        string? different = names.AsParallel().FirstOrDefault(name => !Same(Path.Combine(expected, name), Path.Combine(actual, name)));
        if (different is not null)
        {
            throw new WrongResultException($"'{different}' differs");
        }

        return string.Create(CultureInfo.InvariantCulture, $"{names.Length:N0} names identical");
    }

    private static bool Same(string from, string to)
        => File.GetUnixFileMode(from) == File.GetUnixFileMode(to)
            && (File.GetLastWriteTimeUtc(from) - File.GetLastWriteTimeUtc(to)).Duration() <= TimeSpan.FromMicroseconds(1)
            && (Directory.Exists(from) || File.ReadAllBytes(from).AsSpan().SequenceEqual(File.ReadAllBytes(to)));

    private static string[] Names(string root)
        => [.. Directory.EnumerateFileSystemEntries(root, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(root, path))];
}
