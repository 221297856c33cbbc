using System.Globalization;
using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;

namespace StorageEngines;

/// <summary>What an image looks like from outside: enough to notice that somebody has written to it.</summary>
internal static class ImageFingerprint
{
    /// <summary>
    /// Size, time of the last write and of the last change of a file. A block device has no such times: its size alone, so that writes by others
    /// go unnoticed there.
    /// </summary>
    /// <exception cref="PosixException">The path cannot be looked at.</exception>
    internal static string Of(BytePath path)
    {
        FileStatus status = FileStatus.GetPath(path.Span);
        if (status.Type == FileType.BlockDevice)
        {
            using SafeFileHandle device = FileHandle.OpenRead(path.Span);
            return string.Create(CultureInfo.InvariantCulture, $"device:{FileHandle.GetLength(device)}");
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"file:{status.Size}:{status.ModificationTime.TotalNanoseconds}:{status.ChangeTime.TotalNanoseconds}");
    }

    /// <summary>
    /// Whether two fingerprints tell of one content. The time of the last change is left out: giving a file another name, which an apply does, moves it.
    /// </summary>
    internal static bool IsSameContent(string one, string other) => one.Length > 0 && WithoutChangeTime(one).SequenceEqual(WithoutChangeTime(other));

    private static ReadOnlySpan<char> WithoutChangeTime(string fingerprint)
        => fingerprint.StartsWith("file:", StringComparison.Ordinal) ? fingerprint.AsSpan(0, fingerprint.LastIndexOf(':')) : fingerprint;
}
