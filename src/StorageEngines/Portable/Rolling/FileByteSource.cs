using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;

namespace StorageEngines.Portable.Rolling;

/// <summary>A file or block device. Implements: pread(2).</summary>
internal sealed class FileByteSource : IByteSource
{
    private readonly SafeFileHandle _file;
    private readonly BytePath _path;

    private FileByteSource(SafeFileHandle file, BytePath path, long length)
    {
        _file = file;
        _path = path;
        Length = length;
    }

    public long Length { get; }

    /// <summary>Opens a file or block device; links are followed.</summary>
    /// <exception cref="StorageEngineException">It is not there, is something else, or may not be read.</exception>
    internal static FileByteSource Open(BytePath path)
    {
        try
        {
            FileType type = FileStatus.GetPath(path.Span).Type;
            if (type is not (FileType.Regular or FileType.BlockDevice))
            {
                throw new StorageEngineException(
                    EngineStatus.InvalidArgument, EngineReason.None, Recovery.FixRequest, $"'{path}' is a {type}; give the path of a file or block device, which can be read at any place.");
            }

            SafeFileHandle file = FileHandle.OpenRead(path.Span);
            return new FileByteSource(file, path, FileHandle.GetLength(file));
        }
        catch (PosixException error)
        {
            throw PortableErrors.From(error, "read", path.ToString());
        }
    }

    public void Read(long offset, Span<byte> buffer)
    {
        int read;
        try
        {
            read = FileHandle.ReadAt(_file, buffer, offset);
        }
        catch (PosixException error)
        {
            throw PortableErrors.From(error, "read", _path.ToString());
        }

        if (read < buffer.Length)
        {
            throw RollingErrors.Shrunk(_path.ToString(), offset + read);
        }
    }

    public void Dispose() => _file.Dispose();
}
