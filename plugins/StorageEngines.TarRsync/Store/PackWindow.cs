namespace StorageEngines.TarRsync.Store;

/// <summary>
/// The part of a pack that a thread read last. Blocks of neighbouring files lie next to each other, so that whoever reads on gets many of them by one system
/// call; whoever jumps about reads no more than was asked for. One per thread.
/// </summary>
internal sealed class PackWindow
{
    /// <summary>The longest piece that a window can hold, in bytes.</summary>
    internal const int Size = 256 << 10;

    private const int Near = 64 << 10;

    [ThreadStatic]
    private static PackWindow? t_current;

    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(Size);
    private PackFile? _pack;
    private long _start;
    private int _length;

    private PackWindow()
    {
    }

    /// <summary>This thread's window.</summary>
    internal static PackWindow Current => t_current ??= new PackWindow();

    /// <summary>Gives bytes of a pack; fewer at its end. They are good until the thread's next call.</summary>
    /// <param name="pack">The pack.</param>
    /// <param name="offset">Where they are.</param>
    /// <param name="count">How many; at most <see cref="Size"/>.</param>
    internal ReadOnlySpan<byte> Get(PackFile pack, long offset, int count)
    {
        bool isSame = _pack == pack && offset >= _start;
        if (!isSame || offset + count > _start + _length)
        {
            bool goesOn = isSame && offset <= _start + _length + Near;
            _pack = null;
            _length = pack.Read(_bytes.AsSpan(0, goesOn ? Size : count), offset);
            (_pack, _start) = (pack, offset);
        }
        int from = (int)(offset - _start);
        return _bytes.AsSpan(from, Math.Min(count, _length - from));
    }
}
