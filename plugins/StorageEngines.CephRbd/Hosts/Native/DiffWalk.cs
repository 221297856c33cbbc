using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using StorageEngines.CephRbd.Blocks;
using StorageEngines.CephRbd.Images;
using StorageEngines.Posix;

namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>
/// One walk over an image's differences, on a thread of its own, which librbd calls back on. A reader that is slow holds it up: at most some thousand extents wait, however many there are.
/// </summary>
/// <param name="about">What is known of the image.</param>
/// <param name="request">What is asked.</param>
/// <param name="goTo">Puts the image to a snapshot.</param>
/// <param name="ask">Asks librbd. Several threads call it.</param>
/// <param name="parallel">How many ranges are asked at once.</param>
internal sealed class DiffWalk(RbdImage about, DiffRequest request, Action<RbdSnapshot> goTo, DiffCall ask, int parallel) : IAsyncDisposable
{
    private const int BatchSize = 1024;
    private const int BatchesAhead = 8;
    private const long SmallBytes = 16L << 20; // What is asked beside others is kept until its turn: some thousand extents in the worst case.
    private const int MostGap = 4; // So many unchanged objects take no longer than another round trip.

    private readonly Channel<RawExtent[]> _channel = Channel.CreateBounded<RawExtent[]>(new BoundedChannelOptions(BatchesAhead) { SingleReader = true, SingleWriter = true });
    private readonly CancellationTokenSource _stop = new();
    private readonly RawExtent[] _batch = new RawExtent[BatchSize];
    private int _count;
    private ObjectSet? _objects;
    private Exception? _failure;
    private Task<int>? _walk;

    /// <summary>A walk over an image that librbd has open.</summary>
    /// <remarks>Implements: rbd_diff_iterate2, rbd_diff_iterate3.</remarks>
    internal static unsafe DiffWalk Over(ImageHandle image, RbdImage about, DiffRequest request, Action<RbdSnapshot> goTo, int parallel) => new(
        about, request, goTo, (offset, length, whole, callback, self) => Ask(image, request.From, offset, length, whole, callback, self), parallel);

    /// <summary>Ends a walk at the first extent.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static unsafe int OnAnything(ulong offset, nuint length, int exists, void* self) => -Errno.ECANCELED;

    /// <summary>Ends a walk at the first extent that is data.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static unsafe int OnData(ulong offset, nuint length, int exists, void* self) => exists != 0 ? -Errno.ECANCELED : 0;

    /// <summary>Asks librbd. By name it finds users' snapshots only.</summary>
    /// <param name="image">The image, put to the newer snapshot.</param>
    /// <param name="from">The older snapshot; null for all that there is.</param>
    /// <param name="offset">Where to begin; bytes.</param>
    /// <param name="length">How much; bytes.</param>
    /// <param name="whole">Whether whole objects are enough.</param>
    /// <param name="callback">Called for each extent.</param>
    /// <param name="argument">Handed to it.</param>
    /// <returns>A negative error number, or 0.</returns>
    internal static unsafe int Ask(
        ImageHandle image, RbdSnapshot? from, long offset, long length, bool whole, delegate* unmanaged[Cdecl]<ulong, nuint, int, void*, int> callback, void* argument)
        => from is { Space: SnapshotSpace.Group }
            ? Rbd.DiffById(image, from.Id, (ulong)offset, (ulong)length, Rbd.IncludeParent | (whole ? Rbd.WholeObject : 0), callback, argument)
            : Rbd.Diff(image, from?.Name, (ulong)offset, (ulong)length, includeParent: 1, (byte)(whole ? 1 : 0), callback, argument);

    /// <summary>Walks.</summary>
    internal async IAsyncEnumerable<RawExtent[]> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        _walk = Task.Factory.StartNew(Walk, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
        await foreach (RawExtent[] batch in _channel.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            cancellationToken.ThrowIfCancellationRequested(); // The channel itself looks only when nothing waits in it.
            yield return batch;
        }
    }

    /// <summary>How it ended, after everything was read: a negative error number, or 0.</summary>
    internal async Task<int> EndAsync(CancellationToken cancellationToken) => await _walk!.WaitAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>Ends it at its next call back. If the cluster does not answer there is none, and it ends by itself when the time-out comes.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        if (_walk is { IsCompleted: false } walk)
        {
            _ = walk.ContinueWith(ended => ended.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    private unsafe int Walk()
    {
        GCHandle self = GCHandle.Alloc(this);
        try
        {
            goTo(request.To);
            int result = Walk((void*)GCHandle.ToIntPtr(self));
            if (_failure is { } failure)
            {
                throw failure;
            }

            if (result == 0 && _count > 0)
            {
                Send();
            }

            _channel.Writer.Complete();
            return result;
        }
        catch (Exception e)
        {
            _channel.Writer.Complete(e is OperationCanceledException ? null : e);
            return -Errno.ECANCELED;
        }
        finally
        {
            self.Free();
        }
    }

    private unsafe int Walk(void* self)
    {
        long from = request.StartingOffset - (request.StartingOffset % about.PeriodBytes), size = request.To.SizeBytes;
        switch (request.Mode)
        {
            case DiffMode.Exact:
                return from >= size ? 0 : Ask(from, size - from, whole: false, &OnExtent, self);
            case DiffMode.WholeObject:
                return size == 0 ? 0 : Ask(0, size, whole: true, &OnExtent, self); // For a range, older releases of librbd tell wrong offsets.
            default:
                _objects = new ObjectSet(size, about.PeriodBytes);
                int result = size == 0 ? 0 : Ask(0, size, whole: true, &OnObject, self);
                return result < 0 ? result : Within(_objects.Runs(from, MostGap), (nint)self);
        }
    }

    private unsafe int Within(IEnumerable<(long Start, long End)> runs, nint self)
    {
        using var walk = new RunWalk(ask, parallel, SmallBytes, _stop.Token);
        return walk.Run(runs, Take, (offset, length) => Ask(offset, length, whole: false, &OnExtent, (void*)self));
    }

    private unsafe int Ask(long offset, long length, bool whole, delegate* unmanaged[Cdecl]<ulong, nuint, int, void*, int> callback, void* self)
        => _stop.IsCancellationRequested ? -Errno.ECANCELED : ask(offset, length, whole, callback, self);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static unsafe int OnExtent(ulong offset, nuint length, int exists, void* self) => ((DiffWalk)GCHandle.FromIntPtr((nint)self).Target!).Take(offset, length, exists != 0);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static unsafe int OnObject(ulong offset, nuint length, int exists, void* self) => ((DiffWalk)GCHandle.FromIntPtr((nint)self).Target!).Mark(offset, length);

    // No exception may go through librbd: it is kept, and thrown when librbd has returned.
    private int Take(ulong offset, nuint length, bool exists)
    {
        try
        {
            return Take(new RawExtent(checked((long)offset), checked((long)length), exists));
        }
        catch (Exception e)
        {
            _failure = e;
            return -Errno.ECANCELED;
        }
    }

    private int Take(RawExtent extent)
    {
        _batch[_count++] = extent;
        if (_count == BatchSize)
        {
            Send();
        }

        return _stop.IsCancellationRequested ? -Errno.ECANCELED : 0;
    }

    private int Mark(ulong offset, nuint length)
    {
        try
        {
            _objects!.Add(checked((long)offset), checked((long)length));
            return _stop.IsCancellationRequested ? -Errno.ECANCELED : 0;
        }
        catch (Exception e)
        {
            _failure = e;
            return -Errno.ECANCELED;
        }
    }

    private void Send()
    {
        RawExtent[] batch = _batch[.._count];
        _count = 0;
        if (!_channel.Writer.TryWrite(batch))
        {
            _channel.Writer.WriteAsync(batch, _stop.Token).AsTask().GetAwaiter().GetResult();
        }
    }
}
