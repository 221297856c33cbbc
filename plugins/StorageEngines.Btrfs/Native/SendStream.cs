using System.Runtime.ExceptionServices;
using StorageEngines.Posix;
using StorageEngines.Streams;

namespace StorageEngines.Btrfs.Native;

/// <summary>
/// The stream of a send, read as it is made. The ioctl runs in a thread of its own in which every signal is blocked, because the kernel begins a send anew when a signal
/// comes and still says that it succeeded. The end of the stream is given only after the ioctl has returned without an error; else the error is thrown there.
/// Disposing it ends the ioctl in some milliseconds. One reader at a time. Needs CAP_SYS_ADMIN. Implements: ioctl BTRFS_IOC_SEND, ioctl_btrfs(2).
/// </summary>
internal sealed class SendStream : ReadOnlyStream
{
    private const int PipeBytes = 1 << 20;
    private const int PollMilliseconds = 10; // how long a cancelled reader may sleep

    private readonly SendRequest _request;
    private readonly CancellationToken _cancellationToken;
    private readonly Thread _thread;
    private readonly int _writeEnd;
    private int _readEnd;
    private ExceptionDispatchInfo? _failure;

    /// <summary>Begins a send.</summary>
    /// <param name="request">What to send.</param>
    /// <param name="cancellationToken">Ends it: reads throw <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="PosixException">There is no pipe to be had.</exception>
    internal SendStream(SendRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _request = request;
        _cancellationToken = cancellationToken;
        (_readEnd, _writeEnd) = MakePipe();
        _thread = new Thread(Run) { IsBackground = true, Name = "btrfs send" };
        _thread.Start();
    }

    /// <inheritdoc/>
    /// <exception cref="PosixException">At the end: the ioctl failed.</exception>
    public override int Read(Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_readEnd < 0, this);
        if (buffer.IsEmpty)
        {
            return 0;
        }

        AwaitBytes();
        nint count;
        do
        {
            count = SendCalls.Read(_readEnd, buffer, buffer.Length);
        }
        while (count < 0 && Libc.LastError == Errno.EINTR);
        if (count < 0)
        {
            throw PosixException.Last("read pipe");
        }

        if (count == 0)
        {
            _thread.Join();
            _failure?.Throw();
        }

        return (int)count;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && _readEnd >= 0)
        {
            // The kernel's next write fails with EPIPE; SIGPIPE is blocked there.
            _ = Libc.Close(_readEnd);
            _readEnd = -1;
            _thread.Join();
        }

        base.Dispose(disposing);
    }

    private static unsafe (int Read, int Write) MakePipe()
    {
        int* ends = stackalloc int[2];
        if (SendCalls.Pipe(ends, SendCalls.CloseOnExec) != 0)
        {
            throw PosixException.Last("pipe2");
        }

        // The limit for ordinary users may be lower; the default of 64 KiB works too.
        _ = SendCalls.Control(ends[0], SendCalls.SetPipeSize, PipeBytes);
        return (ends[0], ends[1]);
    }

    private void AwaitBytes()
    {
        var entry = new SendCalls.PollEntry { Descriptor = _readEnd, Wanted = SendCalls.Readable };
        while (SendCalls.Poll(ref entry, 1, PollMilliseconds) <= 0)
        {
            _cancellationToken.ThrowIfCancellationRequested();
        }

        _cancellationToken.ThrowIfCancellationRequested();
    }

    private void Run()
    {
        try
        {
            SendCalls.BlockAllSignals();
            Send();
        }
        catch (PosixException e)
        {
            _failure = ExceptionDispatchInfo.Capture(e);
        }
        finally
        {
            _ = Libc.Close(_writeEnd);
        }
    }

    private unsafe void Send()
    {
        ulong[] sources = [.. _request.CloneSourceIds];
        fixed (ulong* first = sources)
        {
            var arguments = new SendArguments
            {
                Output = _writeEnd,
                CloneSourceCount = (ulong)sources.Length,
                CloneSources = (nint)first,
                Parent = _request.ParentId,
                Flags = (ulong)(_request.Version > 1 ? _request.Mode | SendMode.Version : _request.Mode),
                Version = _request.Version > 1 ? _request.Version : 0,
            };
            if (SendCalls.Send(_request.Target, BtrfsRequests.Send, ref arguments) < 0)
            {
                throw PosixException.Last("ioctl BTRFS_IOC_SEND");
            }
        }
    }
}
