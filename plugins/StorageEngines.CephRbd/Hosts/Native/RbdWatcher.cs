using System.Runtime.InteropServices;

namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>librbd's <c>rbd_image_watcher_t</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct RbdWatcher
{
    internal byte* Address;
    internal long Client;
    internal ulong Cookie;
}
