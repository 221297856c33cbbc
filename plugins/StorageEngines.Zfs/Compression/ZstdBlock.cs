using System.Buffers.Binary;
using System.Runtime.InteropServices;
using StorageEngines.Zstd;

namespace StorageEngines.Zfs.Compression;

/// <summary>
/// Decodes Zstandard as ZFS stores it: the length of the frame (u32, big-endian), version and level, then a frame without its mark. By the system's libzstd.
/// OpenZFS, <c>module/zstd/zfs_zstd.c</c>.
/// </summary>
internal static class ZstdBlock
{
    private const int HeaderBytes = 8;
    private const int MarkBytes = 4;
    private const uint Mark = 0xFD2FB528;

    /// <summary>The library is there.</summary>
    internal static bool IsAvailable => ZstdLibrary.IsAvailable;

    /// <summary>What it is called.</summary>
    internal static string LibraryName => ZstdLibrary.Name;

    /// <summary>Decodes; false if the block is damaged or does not give exactly what the target holds.</summary>
    /// <param name="data">The block; four bytes of its header are overwritten.</param>
    /// <param name="target">Gets the bytes.</param>
    internal static bool TryExpand(Span<byte> data, Span<byte> target)
    {
        if (data.Length < HeaderBytes || BinaryPrimitives.ReadUInt32BigEndian(data) is var length && length > data.Length - HeaderBytes)
        {
            return false;
        }

        // The library wants the mark that ZFS leaves out: there is room for it where version and level are.
        Span<byte> frame = data.Slice(HeaderBytes - MarkBytes, MarkBytes + (int)length);
        BinaryPrimitives.WriteUInt32LittleEndian(frame, Mark);
        ZstdContext context = ZstdContext.Rent(compresses: false);
        try
        {
            nuint got = ZstdLibrary.Decompress(
                context, ref MemoryMarshal.GetReference(target), (nuint)target.Length, ref MemoryMarshal.GetReference(frame), (nuint)frame.Length);
            return ZstdLibrary.IsError(got) == 0 && got == (nuint)target.Length;
        }
        finally
        {
            context.Return();
        }
    }
}
