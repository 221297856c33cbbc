using System.Runtime.InteropServices;

namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>librbd's <c>rbd_image_spec_t</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct RbdImageSpec
{
    internal byte* Id;
    internal byte* Name;
}
