using System.Runtime.InteropServices;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Native;

/// <summary>struct btrfs_ioctl_send_args as 64-bit systems have it, 72 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SendArguments
{
    /// <summary>Where the stream is written to.</summary>
    internal long Output;

    /// <summary>How many clone sources there are.</summary>
    internal ulong CloneSourceCount;

    /// <summary>The address of their ids.</summary>
    internal nint CloneSources;

    /// <summary>The id of the parent snapshot; 0 for a full stream.</summary>
    internal ulong Parent;

    /// <summary>See <see cref="SendMode"/>.</summary>
    internal ulong Flags;

    /// <summary>The version, with the flag that says so.</summary>
    internal uint Version;

    private readonly uint _reserved0;
    private readonly ulong _reserved1;
    private readonly ulong _reserved2;
    private readonly ulong _reserved3;
}

/// <summary>The libc calls that only a send needs.</summary>
internal static partial class SendCalls
{
    /// <summary>SIG_BLOCK.</summary>
    internal const int Block = 0;

    /// <summary>Bytes of sigset_t.</summary>
    internal const int SignalSetSize = 128;

    /// <summary>O_CLOEXEC.</summary>
    internal const int CloseOnExec = 0x80000;

    /// <summary>F_SETPIPE_SZ.</summary>
    internal const int SetPipeSize = 1031;

    /// <summary>POLLIN.</summary>
    internal const short Readable = 1;

    /// <summary>struct pollfd.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct PollEntry
    {
        internal int Descriptor;
        internal short Wanted;
        internal short Happened;
    }

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int Send(SafeHandle subvolume, nuint request, ref SendArguments arguments);

    [LibraryImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    internal static unsafe partial int Pipe(int* descriptors, int flags);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int Control(int descriptor, int command, int argument);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    internal static partial nint Read(int descriptor, Span<byte> buffer, nint count);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    internal static partial int Poll(ref PollEntry entry, nuint count, int milliseconds);

    /// <summary>Blocks every signal in this thread. Implements: sigfillset(3), pthread_sigmask(3).</summary>
    /// <exception cref="PosixException">It cannot be done.</exception>
    internal static unsafe void BlockAllSignals()
    {
        byte* set = stackalloc byte[SignalSetSize];
        _ = FillSignals(set);
        int error = SetSignalMask(Block, set, null); // returns the error, and does not set errno
        if (error != 0)
        {
            throw new PosixException(error, "pthread_sigmask", default);
        }
    }

    [LibraryImport("libc", EntryPoint = "sigfillset")]
    private static unsafe partial int FillSignals(byte* set);

    [LibraryImport("libc", EntryPoint = "pthread_sigmask")]
    private static unsafe partial int SetSignalMask(int how, byte* set, byte* old);
}
