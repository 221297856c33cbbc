using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace StorageEngines.Posix;

/// <summary>Asks the file system where a file's data is, some extents at a time. Not thread-safe.</summary>
/// <param name="file">The open file; stays the caller's.</param>
/// <param name="capacity">The most extents of one answer.</param>
internal sealed class FileExtentMap(SafeFileHandle file, int capacity)
{
    private const nuint Request = 0xC020660B; // FS_IOC_FIEMAP
    private const uint Sync = 1; // FIEMAP_FLAG_SYNC
    private const int HeadSize = 32;
    private const int ExtentSize = 56;
    private readonly byte[] _buffer = new byte[HeadSize + (capacity * ExtentSize)];

    /// <summary>
    /// Puts the extents of a range into <paramref name="extents"/>, ascending; the first may begin before the range and the last one end after it.
    /// What is between them is a hole. Dirty pages are written first. Implements: FS_IOC_FIEMAP (Documentation/filesystems/fiemap.rst), FIEMAP_FLAG_SYNC.
    /// </summary>
    /// <returns>The end of what was answered: <paramref name="end"/>, or the end of the last extent if there are more than fit.</returns>
    /// <exception cref="PosixException">The map cannot be had; EOPNOTSUPP where the file system has none.</exception>
    internal long Read(long start, long end, List<FileExtent> extents)
    {
        extents.Clear();
        if (start >= end)
            return end;
        Span<byte> head = _buffer.AsSpan(0, HeadSize);
        head.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(head, (ulong)start);
        BinaryPrimitives.WriteUInt64LittleEndian(head[8..], (ulong)(end - start));
        BinaryPrimitives.WriteUInt32LittleEndian(head[16..], Sync);
        BinaryPrimitives.WriteUInt32LittleEndian(head[24..], (uint)capacity);
        int result;
        do
            result = Libc.Control(file, Request, ref MemoryMarshal.GetArrayDataReference(_buffer));
        while (result != 0 && Libc.LastError == Errno.EINTR);
        if (result != 0)
            throw PosixException.Last("ioctl FS_IOC_FIEMAP");
        int count = (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(head[20..]), (uint)capacity);
        for (int i = 0; i < count; i++)
            Add(extents, _buffer.AsSpan(HeadSize + (i * ExtentSize), ExtentSize), start, end);
        bool all = count < capacity || (extents.Count > 0 && (extents[^1].Flags & FileExtentFlags.Last) != 0);
        return all || extents.Count == 0 ? end : Math.Min(extents[^1].End, end);
    }

    // An answer that is not ascending would make the comparison of two maps wrong, so it is refused.
    private static void Add(List<FileExtent> extents, ReadOnlySpan<byte> bytes, long start, long end)
    {
        ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]);
        ulong stop = unchecked(offset + length);
        if (length == 0 || stop <= (ulong)start || offset >= (ulong)end)
            return;
        if (stop > long.MaxValue || stop < offset || (extents.Count > 0 && (long)offset < extents[^1].End))
            throw new PosixException(Errno.EIO, "ioctl FS_IOC_FIEMAP", default, "the file system's answer is not in ascending order");
        extents.Add(new FileExtent(
            (long)offset, (long)length, BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]), (FileExtentFlags)BinaryPrimitives.ReadUInt32LittleEndian(bytes[40..])));
    }
}

internal static partial class Libc
{
    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int Control(SafeHandle file, nuint request, ref byte argument);
}
