using System.Runtime.InteropServices;

namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>librbd: snapshots. Every call returns a negative error number, or 0 and more. Reference: rbd/librbd.h.</summary>
internal static unsafe partial class RbdSnapshots
{
    private const string Library = CephLibraries.Rbd;

    [LibraryImport(Library, EntryPoint = "rbd_snap_list")]
    internal static partial int List(ImageHandle image, RbdSnapshotInfo* snapshots, int* most);

    [LibraryImport(Library, EntryPoint = "rbd_snap_list_end")]
    internal static partial void FreeList(RbdSnapshotInfo* snapshots);

    [LibraryImport(Library, EntryPoint = "rbd_snap_get_namespace_type")]
    internal static partial int GetSpace(ImageHandle image, ulong id, out int space);

    [LibraryImport(Library, EntryPoint = "rbd_snap_get_group_namespace")]
    internal static partial int GetGroup(ImageHandle image, ulong id, RbdGroupSnapshotName* group, nuint length);

    [LibraryImport(Library, EntryPoint = "rbd_snap_group_namespace_cleanup")]
    internal static partial int FreeGroup(RbdGroupSnapshotName* group, nuint length);

    [LibraryImport(Library, EntryPoint = "rbd_snap_get_timestamp")]
    internal static partial int GetTime(ImageHandle image, ulong id, RbdTime* time);

    [LibraryImport(Library, EntryPoint = "rbd_snap_is_protected")]
    internal static partial int IsProtected(ImageHandle image, byte* name, out int isProtected);

    [LibraryImport(Library, EntryPoint = "rbd_snap_set_by_id")]
    internal static partial int SetById(ImageHandle image, ulong id);

    [LibraryImport(Library, EntryPoint = "rbd_snap_get_name")]
    internal static partial int GetName(ImageHandle image, ulong id, byte* name, nuint* length);

    [LibraryImport(Library, EntryPoint = "rbd_snap_create", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Create(ImageHandle image, string name);

    [LibraryImport(Library, EntryPoint = "rbd_snap_remove")]
    internal static partial int Remove(ImageHandle image, byte* name);

    [LibraryImport(Library, EntryPoint = "rbd_snap_protect")]
    internal static partial int Protect(ImageHandle image, byte* name);

    [LibraryImport(Library, EntryPoint = "rbd_snap_unprotect")]
    internal static partial int Unprotect(ImageHandle image, byte* name);

    /// <summary>Rolls back. Without a callback librbd ends the whole process, so that there always is one.</summary>
    [LibraryImport(Library, EntryPoint = "rbd_snap_rollback_with_progress")]
    internal static partial int Rollback(ImageHandle image, byte* name, delegate* unmanaged[Cdecl]<ulong, ulong, void*, int> progress, void* argument);
}
