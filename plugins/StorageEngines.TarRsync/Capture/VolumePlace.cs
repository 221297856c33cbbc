using System.Text;
using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Store;
using StorageEngines.TarRsync.Walk;

namespace StorageEngines.TarRsync.Capture;

/// <summary>What is at a path now, seen as a volume.</summary>
/// <param name="Location">The absolute path, without symbolic links at its end.</param>
/// <param name="Kind">Directory: tree; file or device: block.</param>
/// <param name="Identity">See <see cref="VolumeIdentity"/>.</param>
/// <param name="CapacityBytes">The size of a block volume.</param>
/// <param name="FileSystem">The usual name of the file system's type.</param>
internal sealed record VolumePlace(BytePath Location, VolumeKind Kind, string Identity, long? CapacityBytes, string FileSystem)
{
    /// <summary>
    /// The volume's id, 32 hex digits: the start of the identity's SHA-256. It needs no store, so that a volume can be named before its first snapshot.
    /// </summary>
    internal string Id
    {
        get
        {
            Span<byte> sum = stackalloc byte[Sha256Sum.Size];
            Sha256Sum.Of("seng-tarrsync-volume\0"u8, Encoding.UTF8.GetBytes(Identity), sum);
            return Hex.Of(sum[..16]);
        }
    }

    /// <summary>Looks at a path.</summary>
    /// <exception cref="VolumeNotFoundException">Nothing is there.</exception>
    /// <exception cref="StorageEngineException">It is no directory, file or block device, or may not be read.</exception>
    internal static VolumePlace Find(BytePath location)
    {
        BytePath path = Trim(location);
        try
        {
            FileStatus status = FileStatus.GetPath(path.Span);
            if (status.IsDirectory)
            {
                using DirectoryHandle directory = DirectoryHandle.Open(path.Span);
                return Make(path, VolumeKind.Tree, FileStatus.Get(directory), Statfs.Get(directory), null);
            }

            if (!status.IsRegular && status.Type != FileType.BlockDevice)
            {
                throw new StorageEngineException(EngineStatus.InvalidArgument, EngineReason.NotSupported, Recovery.FixRequest,
                    $"'{path}' is neither a directory nor an image file nor a block device, but a {status.Type}; give one of these.")
                { Engine = TarRsyncEngineFactory.SchemeName, Operation = "resolve volume" };
            }

            using SafeFileHandle file = FileHandle.OpenRead(path.Span);
            return Make(path, VolumeKind.Block, FileStatus.Get(file), Statfs.Get(file), FileHandle.GetLength(file));
        }
        catch (PosixException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR or Errno.ENXIO)
        {
            throw new VolumeNotFoundException(path.ToString());
        }
        catch (PosixException e)
        {
            throw WalkErrors.From(e, "open volume", path);
        }
    }

    private static VolumePlace Make(BytePath path, VolumeKind kind, in FileStatus status, in Statfs fileSystem, long? capacity)
        => new(path, kind, VolumeIdentity.Of(status, fileSystem), capacity, fileSystem.Name);

    private static BytePath Trim(BytePath location)
    {
        if (!location.IsAbsolute)
        {
            throw new ArgumentException($"'{location}' is not an absolute path.", nameof(location));
        }

        ReadOnlyMemory<byte> bytes = location.Bytes;
        while (bytes.Length > 1 && bytes.Span[^1] == (byte)'/')
        {
            bytes = bytes[..^1];
        }

        return new BytePath(bytes);
    }
}
