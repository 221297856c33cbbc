using System.Runtime.InteropServices;

namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>librbd's <c>rbd_snap_group_namespace_t</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct RbdGroupSnapshotName
{
    internal long GroupPool;
    internal byte* Group;
    internal byte* Snapshot;
}
