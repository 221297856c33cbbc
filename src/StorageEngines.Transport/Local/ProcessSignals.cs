using System.Runtime.InteropServices;

namespace StorageEngines.Transport;

/// <summary>Signals to process groups.</summary>
internal static partial class ProcessSignals
{
    /// <summary>SIGTERM, 15.</summary>
    public const int Terminate = 15;

    /// <summary>SIGKILL, 9.</summary>
    public const int Kill = 9;

    /// <summary>ESRCH, 3.</summary>
    private const int NoSuchProcess = 3;

    /// <summary>Sends a signal to every process of a group; a group that is gone is no error. Implements: kill(2) with a negative id.</summary>
    /// <param name="groupId">The group's id, which is its leader's process id.</param>
    /// <param name="signal">The signal's number.</param>
    /// <returns>False if there is no such group.</returns>
    public static bool SendToGroup(int groupId, int signal)
        => groupId > 1 && (NativeKill(-groupId, signal) == 0 || Marshal.GetLastPInvokeError() != NoSuchProcess);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int NativeKill(int processId, int signal);
}
