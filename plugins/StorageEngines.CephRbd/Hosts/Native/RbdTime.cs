using System.Runtime.InteropServices;

namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>C's <c>struct timespec</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RbdTime
{
    internal long Seconds;
    internal long Nanoseconds;
}
