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

    /// <summary>Makes the image as large as the target. A device has to be large enough already.</summary>
    /// <exception cref="StorageEngineException">The device is too small.</exception>
    /// <exception cref="PosixException">The size cannot be set.</exception>
    internal void SetSize(long size)
    {
        _size = size;
        if (!isDevice)
        {
            FileWriting.Truncate(handle, size);
            return;
        }

        long has = FileHandle.GetLength(handle);
        if (has < size)
        {
            throw new StorageEngineException(
                EngineStatus.FailedPrecondition, EngineReason.NoSpace, Recovery.FixRequest,
                $"The device has {has} bytes, the target needs {size}; choose a larger device.");
        }
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
