using System.Runtime.InteropServices;

namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>librbd: images, their snapshots and their data. Every call returns a negative error number, or 0 and more. Reference: rbd/librbd.h.</summary>
internal static unsafe partial class Rbd
{
    /// <summary>Asks for what differs by the number of the older snapshot; librbd has it since Reef (18.2.5).</summary>
    internal const string DiffByIdFunction = "rbd_diff_iterate3";

    /// <summary>A flag of <see cref="DiffById"/>: what an image has from its parent counts.</summary>
    internal const uint IncludeParent = 1;

    /// <summary>A flag of <see cref="DiffById"/>: whole objects, from the object map if there is one.</summary>
    internal const uint WholeObject = 2;

    private const string Library = CephLibraries.Rbd;

    [LibraryImport(Library, EntryPoint = "rbd_version")]
    internal static partial void Version(out int major, out int minor, out int extra);

    [LibraryImport(Library, EntryPoint = "rbd_list2")]
    internal static partial int List(PoolHandle pool, RbdImageSpec* images, nuint* count);

    [LibraryImport(Library, EntryPoint = "rbd_image_spec_list_cleanup")]
    internal static partial void FreeList(RbdImageSpec* images, nuint count);

    [LibraryImport(Library, EntryPoint = "rbd_namespace_list")]
    internal static partial int ListNamespaces(PoolHandle pool, byte* names, nuint* length);

    [LibraryImport(Library, EntryPoint = "rbd_open_by_id", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int OpenById(PoolHandle pool, string id, out nint image, string? snapshot);

    [LibraryImport(Library, EntryPoint = "rbd_open_by_id_read_only", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int OpenByIdReadOnly(PoolHandle pool, string id, out nint image, string? snapshot);

    [LibraryImport(Library, EntryPoint = "rbd_open_read_only", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int OpenReadOnly(PoolHandle pool, string name, out nint image, string? snapshot);

    [LibraryImport(Library, EntryPoint = "rbd_close")]
    internal static partial int Close(nint image);

    [LibraryImport(Library, EntryPoint = "rbd_trash_get", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int GetFromTrash(PoolHandle pool, string id, RbdTrashInfo* info);

    [LibraryImport(Library, EntryPoint = "rbd_trash_get_cleanup")]
    internal static partial void FreeFromTrash(RbdTrashInfo* info);

    [LibraryImport(Library, EntryPoint = "rbd_get_id")]
    internal static partial int GetId(ImageHandle image, byte* buffer, nuint length);

    [LibraryImport(Library, EntryPoint = "rbd_get_name")]
    internal static partial int GetName(ImageHandle image, byte* buffer, nuint* length);

    [LibraryImport(Library, EntryPoint = "rbd_stat")]
    internal static partial int Stat(ImageHandle image, RbdImageInfo* info, nuint length);

    [LibraryImport(Library, EntryPoint = "rbd_get_features")]
    internal static partial int GetFeatures(ImageHandle image, out ulong features);

    [LibraryImport(Library, EntryPoint = "rbd_get_flags")]
    internal static partial int GetFlags(ImageHandle image, out ulong flags);

    [LibraryImport(Library, EntryPoint = "rbd_get_stripe_count")]
    internal static partial int GetStripeCount(ImageHandle image, out ulong count);

    [LibraryImport(Library, EntryPoint = "rbd_watchers_list")]
    internal static partial int ListWatchers(ImageHandle image, RbdWatcher* watchers, nuint* count);

    [LibraryImport(Library, EntryPoint = "rbd_watchers_list_cleanup")]
    internal static partial void FreeWatchers(RbdWatcher* watchers, nuint count);

    [LibraryImport(Library, EntryPoint = "rbd_read")]
    internal static partial nint Read(ImageHandle image, ulong offset, nuint length, byte* buffer);

    [LibraryImport(Library, EntryPoint = "rbd_write")]
    internal static partial nint Write(ImageHandle image, ulong offset, nuint length, byte* buffer);

    [LibraryImport(Library, EntryPoint = "rbd_discard")]
    internal static partial int Discard(ImageHandle image, ulong offset, ulong length);

    [LibraryImport(Library, EntryPoint = "rbd_write_zeroes")]
    internal static partial nint WriteZeroes(ImageHandle image, ulong offset, nuint length, int zeroFlags, int operationFlags);

    [LibraryImport(Library, EntryPoint = "rbd_resize")]
    internal static partial int Resize(ImageHandle image, ulong size);

    [LibraryImport(Library, EntryPoint = "rbd_flush")]
    internal static partial int Flush(ImageHandle image);

    [LibraryImport(Library, EntryPoint = "rbd_open", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(PoolHandle pool, string name, out nint image, string? snapshot);

    [LibraryImport(Library, EntryPoint = "rbd_diff_iterate2", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Diff(
        ImageHandle image, string? fromSnapshot, ulong offset, ulong length, byte includeParent, byte wholeObject, delegate* unmanaged[Cdecl]<ulong, nuint, int, void*, int> callback, void* argument);

    [LibraryImport(Library, EntryPoint = DiffByIdFunction)]
    internal static partial int DiffById(
        ImageHandle image, ulong fromSnapshot, ulong offset, ulong length, uint flags, delegate* unmanaged[Cdecl]<ulong, nuint, int, void*, int> callback, void* argument);

    [LibraryImport(Library, EntryPoint = "rbd_metadata_list", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ListMetadata(ImageHandle image, string start, ulong most, byte* keys, nuint* keysLength, byte* values, nuint* valuesLength);

    [LibraryImport(Library, EntryPoint = "rbd_metadata_set", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SetMetadata(ImageHandle image, string key, string value);

    [LibraryImport(Library, EntryPoint = "rbd_metadata_remove", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int RemoveMetadata(ImageHandle image, string key);

    [LibraryImport(Library, EntryPoint = "rbd_list_children3")]
    internal static partial int ListChildren(ImageHandle image, RbdLinkedImage* images, nuint* count);

    [LibraryImport(Library, EntryPoint = "rbd_linked_image_spec_list_cleanup")]
    internal static partial void FreeChildren(RbdLinkedImage* images, nuint count);

    [LibraryImport(Library, EntryPoint = "rbd_image_options_create")]
    internal static partial void CreateOptions(out nint options);

    [LibraryImport(Library, EntryPoint = "rbd_image_options_destroy")]
    internal static partial void DestroyOptions(nint options);

    [LibraryImport(Library, EntryPoint = "rbd_clone3", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Clone(PoolHandle parentPool, byte* parent, byte* snapshot, PoolHandle childPool, string child, nint options);
}
