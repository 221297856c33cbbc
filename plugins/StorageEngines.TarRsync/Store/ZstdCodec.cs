using System.Runtime.InteropServices;
using StorageEngines.Zstd;

namespace StorageEngines.TarRsync.Store;

/// <summary>Codec 2: one Zstandard frame (RFC 8878), level 3, by the system's libzstd.</summary>
/// <param name="isAvailable">The library is there.</param>
internal sealed class ZstdCodec(bool isAvailable) : IBlockCodec
{
    private const int Level = 3;
    private const int QuickLevel = -5;

    /// <inheritdoc/>
    public byte Id => AlgorithmIds.Zstd;

    /// <inheritdoc/>
    public int Compress(ReadOnlySpan<byte> source, Span<byte> destination) => Compress(source, destination, Level);

    /// <inheritdoc/>
    public bool Repeats(ReadOnlySpan<byte> sample, Span<byte> scratch) => Compress(sample, scratch, QuickLevel) != 0;

    /// <inheritdoc/>
    public bool Decompress(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        if (!isAvailable)
            throw new StorageEngineException(EngineStatus.FailedPrecondition, EngineReason.ToolMissing, Recovery.OperatorAction,
                $"The store holds data compressed by Zstandard, and {ZstdLibrary.Name} is not on this machine. Install it: the package is libzstd1 on Debian and Ubuntu, libzstd on Fedora and Red Hat, zstd-libs on Alpine, zstd on Arch.");
        ZstdContext context = ZstdContext.Rent(compresses: false);
        try
        {
            nuint length = ZstdLibrary.Decompress(
                context, ref MemoryMarshal.GetReference(destination), (nuint)destination.Length, ref MemoryMarshal.GetReference(source), (nuint)source.Length);
            return length == (nuint)destination.Length;
        }
        finally
        {
            context.Return();
        }
    }

    private static int Compress(ReadOnlySpan<byte> source, Span<byte> destination, int level)
    {
        ZstdContext context = ZstdContext.Rent(compresses: true);
        try
        {
            nuint length = ZstdLibrary.Compress(
                context, ref MemoryMarshal.GetReference(destination), (nuint)destination.Length, ref MemoryMarshal.GetReference(source), (nuint)source.Length, level);
            return ZstdLibrary.IsError(length) != 0 ? 0 : (int)length;
        }
        finally
        {
            context.Return();
        }
    }
}
