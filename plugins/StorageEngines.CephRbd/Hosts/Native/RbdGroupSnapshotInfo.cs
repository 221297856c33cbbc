using System.Runtime.InteropServices;

namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>librbd's <c>rbd_group_snap_info_t</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct RbdGroupSnapshotInfo
{
    internal byte* Name;
    internal int State;
}
