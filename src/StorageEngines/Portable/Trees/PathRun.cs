using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;

namespace StorageEngines.Portable.Trees;

/// <summary>A sorted run of paths in a temporary file. A path is good until the next one is asked for.</summary>
internal sealed class PathRun(SafeFileHandle file, long offset, long length)
{
    private const int BufferBytes = 32 << 10;
    private const int RecordHeader = sizeof(int) + 1;

    /// <summary>Reads it from the start.</summary>
    internal IEnumerable<(BytePath Path, byte Flags)> Read()
    {
        byte[] buffer = new byte[BufferBytes];
        int start = 0;
        int count = 0;
        long at = offset;
        while (true)
        {
            if (!Fill(ref buffer, ref start, ref count, ref at, RecordHeader))
            {
                yield break;
            }

            int size = BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(start));
            if (!Fill(ref buffer, ref start, ref count, ref at, RecordHeader + size))
            {
                throw new PosixException(Errno.EIO, "pread", [], "a temporary file became shorter");
            }

            yield return (new BytePath(buffer.AsMemory(start + RecordHeader, size)), buffer[start + sizeof(int)]);
            start += RecordHeader + size;
            count -= RecordHeader + size;
        }
    }

    private bool Fill(ref byte[] buffer, ref int start, ref int count, ref long at, int wanted)
    {
        if (count >= wanted)
        {
            return true;
        }

        byte[] larger = buffer.Length < wanted ? new byte[wanted * 2] : buffer;
        buffer.AsSpan(start, count).CopyTo(larger);
        (buffer, start) = (larger, 0);
        while (count < wanted && at < offset + length)
        {
            int read = FileHandle.ReadAt(file, buffer.AsSpan(count, (int)Math.Min(buffer.Length - count, offset + length - at)), at);
            if (read == 0)
            {
                break;
            }

            count += read;
            at += read;
        }

        return count >= wanted;
    }
}
