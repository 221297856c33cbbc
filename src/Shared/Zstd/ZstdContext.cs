using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace StorageEngines.Zstd;

/// <summary>The working memory of one compression or decompression, used again and again: as many exist as threads work at once.</summary>
internal sealed class ZstdContext : SafeHandle
{
    private static readonly ConcurrentBag<ZstdContext> Compressors = [];
    private static readonly ConcurrentBag<ZstdContext> Decompressors = [];
    private readonly bool _compresses;

    private ZstdContext(bool compresses)
        : base(0, ownsHandle: true)
    {
        _compresses = compresses;
        SetHandle(compresses ? ZstdLibrary.CreateCompressor() : ZstdLibrary.CreateDecompressor());
        if (IsInvalid)
            throw new InsufficientMemoryException("libzstd has no memory for a context.");
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Takes one; it is given back by <see cref="Return"/>.</summary>
    internal static ZstdContext Rent(bool compresses)
        => (compresses ? Compressors : Decompressors).TryTake(out ZstdContext? idle) ? idle : new ZstdContext(compresses);

    /// <summary>Gives it back.</summary>
    internal void Return() => (_compresses ? Compressors : Decompressors).Add(this);

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        _ = _compresses ? ZstdLibrary.FreeCompressor(handle) : ZstdLibrary.FreeDecompressor(handle);
        return true;
    }
}
