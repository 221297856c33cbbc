using System.Runtime.ExceptionServices;
using Microsoft.Win32.SafeHandles;

namespace StorageEngines.BtrfsStreams;

/// <summary>
/// The pieces of a file, in order, read by whoever has time: one reader takes them, and reads himself what nobody began to read; a work item of the thread pool reads as far ahead as
/// there are buffers. It ends by itself when they are full, so that a reader who goes away leaves nothing behind. Implements: pread(2).
/// </summary>
/// <param name="file">The file; the caller's.</param>
/// <param name="start">Where the first piece begins.</param>
/// <param name="room">The bytes that are left free before each piece in its buffer.</param>
internal sealed class FilePieces(SafeFileHandle file, long start, int room) : IThreadPoolWorkItem
{
    /// <summary>The bytes of a piece; the last one has fewer, maybe none.</summary>
    internal const int PieceBytes = 512 << 10;

    private const int Buffers = 4;
    private const int YieldsBeforeSleep = 500; // about the time of two pieces; who waits longer waits for a device
    private const int SpinsBeforeEnd = 10;

    private readonly byte[]?[] _buffers = new byte[Buffers][];
    private readonly int[] _counts = new int[Buffers];
    private readonly long[] _ready = new long[Buffers]; // the number of the piece that a buffer holds, from 1
    private readonly ExceptionDispatchInfo?[] _errors = new ExceptionDispatchInfo?[Buffers];
    private long _begun;
    private long _released;
    private long _next;
    private int _active;
    private volatile bool _ended;

    /// <summary>The bytes of all pieces that were taken.</summary>
    internal long Taken { get; private set; }

    /// <summary>Takes the next piece. Not after the last one, which is shorter.</summary>
    /// <param name="cancellationToken">Ends a wait.</param>
    /// <returns>The buffer, in which the piece begins behind the room; and the bytes of the piece. They are good until the next one was taken and <see cref="ReleaseOlder"/> was called, or one more was taken.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    internal (byte[] Buffer, int Count) Take(CancellationToken cancellationToken)
    {
        long piece = _next++;
        if (piece - 1 > _released)
        {
            Volatile.Write(ref _released, piece - 1);
        }

        int at = (int)(piece % Buffers);
        Start();
        var wait = new SpinWait();
        while (Volatile.Read(ref _ready[at]) != piece + 1)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryBegin(out long other))
            {
                Read(other);
            }
            else
            {
                wait.SpinOnce(YieldsBeforeSleep);
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
        _errors[at]?.Throw();
        Taken += _counts[at];
        return (_buffers[at]!, _counts[at]);
    }

    /// <summary>The pieces before the one that was taken last are not needed any more.</summary>
    internal void ReleaseOlder() => Volatile.Write(ref _released, _next - 1);

    /// <summary>Reads ahead until the buffers are full for a while.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        var wait = new SpinWait();
        while (wait.Count < SpinsBeforeEnd && !_ended)
        {
            if (TryBegin(out long piece))
            {
                Read(piece);
                wait.Reset();
            }
            else
            {
                wait.SpinOnce(-1);
            }
        }

        Volatile.Write(ref _active, 0);
    }

    private void Start()
    {
        if (!_ended && Volatile.Read(ref _active) == 0 && Interlocked.Exchange(ref _active, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private bool TryBegin(out long piece)
    {
        do
        {
            piece = Volatile.Read(ref _begun);
            if (_ended || piece >= Volatile.Read(ref _released) + Buffers)
            {
                return false;
            }
        }
        while (Interlocked.CompareExchange(ref _begun, piece + 1, piece) != piece);

        return true;
    }

    private void Read(long piece)
    {
        int at = (int)(piece % Buffers);
        byte[] buffer = _buffers[at] ??= GC.AllocateUninitializedArray<byte>(room + PieceBytes);
        int count = 0;
        try
        {
            int got;
            do
            {
                got = RandomAccess.Read(file, buffer.AsSpan(room + count, PieceBytes - count), start + (piece * PieceBytes) + count);
                count += got;
            }
            while (got > 0 && count < PieceBytes);
        }
        catch (Exception e)
        {
            _errors[at] = ExceptionDispatchInfo.Capture(e); // for the reader, when it comes to this piece
        }

        _counts[at] = count;
        _ended |= count < PieceBytes;
        Volatile.Write(ref _ready[at], piece + 1);
    }
}
