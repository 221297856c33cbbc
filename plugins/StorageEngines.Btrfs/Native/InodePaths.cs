using System.Buffers.Binary;
using System.Runtime.InteropServices;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Native;

/// <summary>All names of a file. Needs CAP_SYS_ADMIN. Implements: ioctl BTRFS_IOC_INO_PATHS, ioctl_btrfs(2).</summary>
internal static class InodePaths
{
    /// <summary>BTRFS_IOC_INO_PATHS.</summary>
    internal const nuint Request = 0xC0389423;

    /// <summary>Bytes of struct btrfs_ioctl_ino_path_args.</summary>
    internal const int ArgumentsSize = 56;

    private const int FirstBuffer = 64 << 10;
    private const int LargestBuffer = 16 << 20;
    private const int HeadSize = 16;

    /// <summary>The paths from the subvolume's root; none if there is no such inode.</summary>
    /// <param name="subvolume">Anything open in the subvolume.</param>
    /// <param name="inode">The inode's number.</param>
    /// <exception cref="PosixException">It may not be asked, or the names are more than 16 MiB.</exception>
    internal static unsafe IReadOnlyList<BytePath> Read(SafeHandle subvolume, ulong inode)
    {
        Span<byte> arguments = stackalloc byte[ArgumentsSize];
        for (int size = FirstBuffer; size <= LargestBuffer; size *= 4)
        {
            byte[] answer = new byte[size];
            fixed (byte* address = answer)
            {
                arguments.Clear();
                BinaryPrimitives.WriteUInt64LittleEndian(arguments, inode);
                BinaryPrimitives.WriteUInt64LittleEndian(arguments[8..], (ulong)size);
                BinaryPrimitives.WriteInt64LittleEndian(arguments[48..], (nint)address);
                int result;
                do
                {
                    result = Libc.Control(subvolume, Request, ref MemoryMarshal.GetReference(arguments));
                }
                while (result < 0 && Libc.LastError == Errno.EINTR);
                if (result < 0)
                {
                    return Libc.LastError == Errno.ENOENT ? [] : throw PosixException.Last("ioctl BTRFS_IOC_INO_PATHS");
                }
            }

            if (BinaryPrimitives.ReadUInt32LittleEndian(answer.AsSpan(12)) == 0)
            {
                return Parse(answer);
            }
        }

        throw new PosixException(Errno.ENAMETOOLONG, "ioctl BTRFS_IOC_INO_PATHS", default, $"the names of inode {inode} take more than {LargestBuffer} bytes");
    }

    private static List<BytePath> Parse(ReadOnlySpan<byte> answer)
    {
        int count = (int)BinaryPrimitives.ReadUInt32LittleEndian(answer[8..]);
        var paths = new List<BytePath>(count);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> text = answer[(HeadSize + (int)BinaryPrimitives.ReadUInt64LittleEndian(answer[(HeadSize + (8 * i))..]))..];
            paths.Add(new BytePath(text[..text.IndexOf((byte)0)].ToArray()));
        }

        return paths;
    }
}
