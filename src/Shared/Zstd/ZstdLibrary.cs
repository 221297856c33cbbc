using System.Runtime.InteropServices;

namespace StorageEngines.Zstd;

/// <summary>The system's libzstd, found when it is first asked for.</summary>
internal static partial class ZstdLibrary
{
    /// <summary>What the dynamic linker is asked for.</summary>
    internal const string Name = "libzstd.so.1";

    private static readonly Lazy<bool> Found = new(() => NativeLibrary.TryLoad(Name, out _));

    /// <summary>It is there.</summary>
    internal static bool IsAvailable => Found.Value;

    /// <summary>Implements: ZSTD_createCCtx(3).</summary>
    [LibraryImport(Name, EntryPoint = "ZSTD_createCCtx")]
    internal static partial nint CreateCompressor();

    /// <summary>Implements: ZSTD_freeCCtx(3).</summary>
    [LibraryImport(Name, EntryPoint = "ZSTD_freeCCtx")]
    internal static partial nuint FreeCompressor(nint context);

    /// <summary>Implements: ZSTD_createDCtx(3).</summary>
    [LibraryImport(Name, EntryPoint = "ZSTD_createDCtx")]
    internal static partial nint CreateDecompressor();

    /// <summary>Implements: ZSTD_freeDCtx(3).</summary>
    [LibraryImport(Name, EntryPoint = "ZSTD_freeDCtx")]
    internal static partial nuint FreeDecompressor(nint context);

    /// <summary>Implements: ZSTD_compressCCtx(3).</summary>
    [LibraryImport(Name, EntryPoint = "ZSTD_compressCCtx")]
    internal static partial nuint Compress(ZstdContext context, ref byte destination, nuint capacity, ref byte source, nuint length, int level);

    /// <summary>Implements: ZSTD_decompressDCtx(3).</summary>
    [LibraryImport(Name, EntryPoint = "ZSTD_decompressDCtx")]
    internal static partial nuint Decompress(ZstdContext context, ref byte destination, nuint capacity, ref byte source, nuint length);

    /// <summary>The bytes of the first frame of a buffer, or an error, see <see cref="IsError"/>. Implements: ZSTD_findFrameCompressedSize(3).</summary>
    [LibraryImport(Name, EntryPoint = "ZSTD_findFrameCompressedSize")]
    internal static partial nuint FrameLength(ref byte source, nuint length);

    /// <summary>Implements: ZSTD_isError(3).</summary>
    [LibraryImport(Name, EntryPoint = "ZSTD_isError")]
    internal static partial uint IsError(nuint result);
}
