using System.Runtime.InteropServices;

namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>librbd's <c>rbd_trash_image_info_t</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct RbdTrashInfo
{
    internal byte* Id;
    internal byte* Name;
    internal int Source;
    internal long DeletedAt;
    internal long DefermentEnd;
}
