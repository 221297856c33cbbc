using System.Globalization;
using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Capture;

/// <summary>
/// What makes a directory, image file or device this one and not another one that took its path: the file system's id, the inode and its birth. It stays
/// when the volume is moved within its file system.
/// </summary>
internal static class VolumeIdentity
{
    /// <summary>The identity as text without blanks.</summary>
    /// <param name="status">The status of the volume's root.</param>
    /// <param name="fileSystem">The file system it is on.</param>
    internal static string Of(in FileStatus status, in Statfs fileSystem)
    {
        if (status.Type == FileType.BlockDevice)
        {
            return string.Create(CultureInfo.InvariantCulture, $"device:{status.NodeMajor}:{status.NodeMinor}");
        }

        string born = status.BirthTime is { } birth ? string.Create(CultureInfo.InvariantCulture, $"{birth.Seconds}.{birth.Nanoseconds:D9}") : "-";
        return string.Create(CultureInfo.InvariantCulture, $"file:{fileSystem.Id:x16}:{status.Inode}:{born}");
    }
}
