using System.Runtime.InteropServices;

namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>librbd's <c>rbd_linked_image_spec_t</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct RbdLinkedImage
{
    internal long PoolId;
    internal byte* Pool;
    internal byte* Namespace;
    internal byte* Id;
    internal byte* Name;
    internal byte IsInTrash;
}
