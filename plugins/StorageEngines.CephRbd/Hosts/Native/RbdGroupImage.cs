using System.Runtime.InteropServices;

namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>librbd's <c>rbd_group_image_info_t</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct RbdGroupImage
{
    internal byte* Name;
    internal long Pool;
    internal int State;
}
