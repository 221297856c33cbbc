using System.Buffers;

namespace StorageEngines.Posix;

/// <summary>A copy of a name with the NUL the kernel wants: in the caller's scratch space when it fits, else in a rented array.</summary>
internal ref struct CString : IDisposable
{
    /// <summary>Bytes of scratch space that hold every single name (255 and the NUL).</summary>
    internal const int NameScratch = 256;

    /// <summary>Bytes of scratch space for a usual path; a longer one is rented.</summary>
    internal const int PathScratch = 512;

    private byte[]? _rented;

    /// <summary>Copies <paramref name="text"/>.</summary>
    /// <exception cref="PosixException">The text holds a NUL byte, which would cut it short (EINVAL).</exception>
    internal CString(scoped ReadOnlySpan<byte> text, Span<byte> scratch)
    {
        if (text.Contains((byte)0))
            throw new PosixException(Errno.EINVAL, "path", text, "a path cannot hold a NUL byte");
        if (text.Length >= scratch.Length)
            scratch = _rented = ArrayPool<byte>.Shared.Rent(text.Length + 1);
        text.CopyTo(scratch);
        scratch[text.Length] = 0;
        Bytes = scratch[..(text.Length + 1)];
    }

    /// <summary>The bytes with the closing NUL.</summary>
    internal ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Gives a rented array back.</summary>
    public void Dispose()
    {
        Bytes = default;
        if (_rented is not null)
            ArrayPool<byte>.Shared.Return(_rented);
        _rented = null;
    }
}
