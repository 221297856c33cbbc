using System.IO.Pipes;
using System.Runtime.InteropServices;

namespace StorageEngines.Transport;

/// <summary>The pipe that a program on this machine writes to.</summary>
internal static partial class OutputPipe
{
    /// <summary>What the pipe holds at most: 1 MiB, which every login may ask for (<c>/proc/sys/fs/pipe-max-size</c>). Linux gives 64 KiB unasked.</summary>
    internal const int Bytes = 1 << 20;

    private const int SetPipeSize = 1031; // F_SETPIPE_SZ

    /// <summary>
    /// Makes the pipe larger, so that the program and its reader wait for each other less often. Linux takes the memory only as it is written to. Where it is refused
    /// (a login with many pipes, another system) the pipe stays as it is and works too.
    /// </summary>
    /// <param name="output">The reader's end.</param>
    /// <returns>True if it is as large as was asked for.</returns>
    /// <remarks>Implements: fcntl(2) with <c>F_SETPIPE_SZ</c>.</remarks>
    internal static bool Enlarge(Stream output)
        => OperatingSystem.IsLinux() && output is PipeStream pipe && Control(pipe.SafePipeHandle, SetPipeSize, Bytes) >= Bytes;

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(SafeHandle descriptor, int command, nint value);
}
