using System.Runtime.InteropServices;

namespace StorageEngines.Btrfs.Native;

/// <summary>Lets a thread go before others that want a processor.</summary>
internal static partial class UrgentThread
{
    private const int Process = 0; // PRIO_PROCESS: on Linux, one thread
    private const int MostUrgent = -20;

    /// <summary>Makes the calling thread urgent until it ends, if that is allowed; else it stays as it is. Implements: setpriority(2).</summary>
    internal static void Hurry() => _ = SetPriority(Process, 0, MostUrgent);

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, uint who, int priority);
}
