using System.Runtime.InteropServices;

namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>librbd: groups of images. Every call returns a negative error number, or 0 and more. Reference: rbd/librbd.h.</summary>
internal static unsafe partial class RbdGroups
{
    private const string Library = CephLibraries.Rbd;

    [LibraryImport(Library, EntryPoint = "rbd_get_group")]
    internal static partial int Of(ImageHandle image, RbdGroupInfo* group, nuint length);

    [LibraryImport(Library, EntryPoint = "rbd_group_info_cleanup")]
    internal static partial int FreeInfo(RbdGroupInfo* group, nuint length);

    [LibraryImport(Library, EntryPoint = "rbd_group_list")]
    internal static partial int List(PoolHandle pool, byte* names, nuint* length);

    [LibraryImport(Library, EntryPoint = "rbd_group_create", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Create(PoolHandle pool, string name);

    [LibraryImport(Library, EntryPoint = "rbd_group_remove", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Remove(PoolHandle pool, string name);

    [LibraryImport(Library, EntryPoint = "rbd_group_image_add", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int AddImage(PoolHandle pool, string name, PoolHandle imagePool, string image);

    [LibraryImport(Library, EntryPoint = "rbd_group_image_remove_by_id", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int RemoveImage(PoolHandle pool, string name, PoolHandle imagePool, string imageId);

    [LibraryImport(Library, EntryPoint = "rbd_group_image_list", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ListImages(PoolHandle pool, string name, RbdGroupImage* images, nuint imageLength, nuint* count);

    [LibraryImport(Library, EntryPoint = "rbd_group_image_list_cleanup")]
    internal static partial int FreeImages(RbdGroupImage* images, nuint imageLength, nuint count);

    [LibraryImport(Library, EntryPoint = "rbd_group_snap_create", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int CreateSnapshot(PoolHandle pool, string name, string snapshot);

    [LibraryImport(Library, EntryPoint = "rbd_group_snap_remove", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int RemoveSnapshot(PoolHandle pool, string name, string snapshot);

    [LibraryImport(Library, EntryPoint = "rbd_group_snap_list", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ListSnapshots(PoolHandle pool, string name, RbdGroupSnapshotInfo* snapshots, nuint snapshotLength, nuint* count);

    [LibraryImport(Library, EntryPoint = "rbd_group_snap_list_cleanup")]
    internal static partial int FreeSnapshots(RbdGroupSnapshotInfo* snapshots, nuint snapshotLength, nuint count);
}
