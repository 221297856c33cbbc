using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using StorageEngines.CephRbd.Blocks;
using StorageEngines.Posix;

namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>What differs within one small range. Asked on one thread, and read on another one when it is done.</summary>
/// <param name="start">Where the range begins; bytes.</param>
/// <param name="end">Where it ends.</param>
internal sealed class RunAnswer(long start, long end)
{
    private readonly TaskCompletionSource<int> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Exception? _failure;
    private CancellationToken _stop;

    /// <summary>What differs, in the order in which it was told.</summary>
    internal List<RawExtent> Extents { get; } = [];

    /// <summary>Asks. Never throws.</summary>
    internal unsafe void Ask(DiffCall ask, CancellationToken stop)
    {
        _stop = stop;
        GCHandle self = GCHandle.Alloc(this);
        try
        {
            _done.SetResult(stop.IsCancellationRequested ? -Errno.ECANCELED : ask(start, end - start, whole: false, &OnExtent, (void*)GCHandle.ToIntPtr(self)));
        }
        catch (Exception e)
        {
            _done.SetException(e);
        }
        finally
        {
            self.Free();
        }
    }

    /// <summary>Waits for the end.</summary>
    /// <returns>0; or a negative error number.</returns>
    internal int Wait()
    {
        int result = _done.Task.GetAwaiter().GetResult();
        return _failure is { } failure ? throw failure : result;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static unsafe int OnExtent(ulong offset, nuint length, int exists, void* self) => ((RunAnswer)GCHandle.FromIntPtr((nint)self).Target!).Take(offset, length, exists != 0);

    // No exception may go through librbd: it is kept, and thrown to whoever waits.
    private int Take(ulong offset, nuint length, bool exists)
    {
        try
        {
            Extents.Add(new RawExtent(checked((long)offset), checked((long)length), exists));
            return _stop.IsCancellationRequested ? -Errno.ECANCELED : 0;
        }
        catch (Exception e)
        {
            _failure = e;
            return -Errno.ECANCELED;
        }
    }
}
