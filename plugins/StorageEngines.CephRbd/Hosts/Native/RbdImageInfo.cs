using System.Runtime.InteropServices;

namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>librbd's <c>rbd_image_info_t</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct RbdImageInfo
{
    internal ulong Size;
    internal ulong ObjectSize;
    internal ulong Objects;
    internal int Order;
    internal fixed byte BlockNamePrefix[24];
    internal long ParentPool;
    internal fixed byte ParentName[96];
}
