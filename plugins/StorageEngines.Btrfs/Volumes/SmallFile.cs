using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Volumes;

/// <summary>Reads the engine's own small files.</summary>
internal static class SmallFile
{
    /// <summary>The bytes of a regular file; null if there is none.</summary>
    /// <exception cref="CorruptDataException">It is larger than allowed.</exception>
    /// <exception cref="PosixException">It cannot be read.</exception>
    internal static byte[]? TryRead(DirectoryHandle directory, ReadOnlySpan<byte> name, int maximumBytes)
    {
        try
        {
            using SafeFileHandle file = FileHandle.OpenRegular(directory, name, out FileStatus status);
            if (status.Size > maximumBytes)
            {
                throw new CorruptDataException(LosslessName.Format(name), null, $"it has {status.Size} bytes; at most {maximumBytes} are allowed") { Engine = BtrfsEngineFactory.SchemeName };
            }

            byte[] bytes = new byte[(int)status.Size];
            int done = FileHandle.ReadAt(file, bytes, 0);
            return bytes[..done];
        }
        catch (PosixException e) when (e.Errno == Errno.ENOENT)
        {
            return null;
        }
    }
}
