using System.Runtime.InteropServices;

namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>librbd's <c>rbd_snap_info_t</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct RbdSnapshotInfo
{
    internal ulong Id;
    internal ulong Size;
    internal byte* Name;
}
