using System.Runtime.InteropServices;
using StorageEngines.CephRbd.Hosts.Native;

namespace StorageEngines.Platform.Tests.CephRbd;

/// <summary>Calls of librbd that only the tests make.</summary>
internal static unsafe partial class RbdCalls
{
    private const string Library = "librbd.so.1";

    [LibraryImport(Library, EntryPoint = "rbd_create3", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Create(PoolHandle pool, string name, ulong size, ulong features, ref int order, ulong stripeUnit, ulong stripeCount);

    [LibraryImport(Library, EntryPoint = "rbd_group_snap_rollback", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int RollbackGroup(PoolHandle pool, string group, string snapshot);

    [LibraryImport(Library, EntryPoint = "rbd_flatten")]
    internal static partial int Flatten(ImageHandle image);

    [LibraryImport(Library, EntryPoint = "rbd_snap_remove", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int RemoveSnapshot(ImageHandle image, string name);

    [LibraryImport(Library, EntryPoint = "rbd_snap_rollback_with_progress", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Rollback(ImageHandle image, string name, delegate* unmanaged[Cdecl]<ulong, ulong, void*, int> progress, void* argument);

    [LibraryImport(Library, EntryPoint = "rbd_clone3", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Clone(PoolHandle parentPool, string parent, string snapshot, PoolHandle childPool, string child, nint options);
}
