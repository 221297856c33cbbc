using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;

namespace StorageEngines;

/// <summary>An image file or block device that is being written in ascending order.</summary>
/// <param name="handle">The open file; stays the caller's.</param>
/// <param name="isDevice">Whether it is a block device.</param>
/// <param name="clearGaps">Whether what lies between the ranges has to be cleared: true for a full copy onto a device.</param>
internal sealed class BlockImage(SafeFileHandle handle, bool isDevice, bool clearGaps)
{
    private const int DeviceUnit = 4096;
    private long _cursor;
    private long _size;

    /// <summary>Bytes of data written.</summary>
    internal long DataBytes { get; private set; }

    /// <summary>Bytes cleared because the source says that they are zero.</summary>
    internal long ZeroBytes { get; private set; }

    /// <summary>Refuses a device that is too small, before anything is written.</summary>
    /// <exception cref="StorageEngineException">It is.</exception>
    internal void RequireSize(long size, BytePath path)
    {
        long has = isDevice ? FileHandle.GetLength(handle) : long.MaxValue;
        if (has < size)
        {
            throw new StorageEngineException(
                EngineStatus.FailedPrecondition, EngineReason.NoSpace, Recovery.FixRequest,
                $"The device '{path}' has {has} bytes, {size} are needed; choose a larger device. Nothing was written.");
        }
    }

    /// <summary>Makes the image as large as the target. A device has its size already.</summary>
    /// <exception cref="PosixException">The size cannot be set.</exception>
    internal void SetSize(long size)
    {
        _size = size;
        if (!isDevice)
        {
            FileWriting.Truncate(handle, size);
        }
    }

    /// <summary>How many bytes of a range have no room yet, because there is a hole or the file ends before; 0 for a device.</summary>
    internal long BytesWithoutRoom(Extent range)
    {
        long missing = isDevice ? 0 : range.Length;
        long end = Math.Min(range.End, FileHandle.GetLength(handle));
        for (long at = range.Offset; missing > 0 && FileSegments.TryNextData(handle, at, end, out FileSegment segment); at = segment.End)
        {
            missing -= segment.Length;
        }

        return missing;
    }

    internal void Write(long offset, ReadOnlySpan<byte> data)
    {
        ClearGap(offset);
        FileWriting.WriteAt(handle, data, offset);
        DataBytes += data.Length;
        _cursor = offset + data.Length;
    }

    internal void Zero(Extent range)
    {
        ClearGap(range.Offset);
        Clear(range.Offset, range.End);
        ZeroBytes += range.Length;
        _cursor = range.End;
    }

    /// <summary>Clears what is left, and makes everything durable.</summary>
    internal void Finish()
    {
        ClearGap(_size);
        FileWriting.Sync(handle);
    }

    private void ClearGap(long to)
    {
        if (clearGaps && to > _cursor)
        {
            Clear(_cursor, to);
        }
    }

    /// <summary>A device clears whole blocks at once only; the edges are written.</summary>
    private void Clear(long from, long to)
    {
        long start = isDevice ? Math.Min((from + DeviceUnit - 1) / DeviceUnit * DeviceUnit, to) : from;
        long end = isDevice ? Math.Max(to / DeviceUnit * DeviceUnit, start) : to;
        FileWriting.WriteZeroes(handle, from, start - from);
        if (end > start)
        {
            FileWriting.PunchHole(handle, start, end - start);
        }

        FileWriting.WriteZeroes(handle, end, to - end);
    }
}
