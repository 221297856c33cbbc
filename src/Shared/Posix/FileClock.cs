using System.Runtime.InteropServices;

namespace StorageEngines.Posix;

/// <summary>The clock that local file systems stamp files with. It goes in ticks of 1 to 10 ms. Implements: clock_gettime(2), CLOCK_REALTIME_COARSE.</summary>
internal static class FileClock
{
    private const int RealTimeCoarse = 5;

    /// <summary>The stamp that a file changed now would get.</summary>
    internal static PosixTime Now => Libc.GetTime(RealTimeCoarse, out Libc.TimeSpecification now) == 0
        ? new PosixTime(now.Seconds, (int)now.Nanoseconds)
        : throw PosixException.Last("clock_gettime");
}

internal static partial class Libc
{
    /// <summary>struct timespec on 64-bit processors.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct TimeSpecification
    {
        internal long Seconds;
        internal long Nanoseconds;
    }

    [LibraryImport(Library, EntryPoint = "clock_gettime", SetLastError = true)]
    internal static partial int GetTime(int clock, out TimeSpecification time);
}
