using System.Runtime.InteropServices;

namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>librados, as far as it is needed. Every call returns a negative error number, or 0 and more. Reference: rados/librados.h.</summary>
internal static unsafe partial class Rados
{
    private const string Library = CephLibraries.Rados;

    [LibraryImport(Library, EntryPoint = "rados_version")]
    internal static partial void Version(out int major, out int minor, out int extra);

    [LibraryImport(Library, EntryPoint = "rados_create2", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Create(out nint cluster, string clusterName, string userName, ulong flags);

    [LibraryImport(Library, EntryPoint = "rados_conf_read_file", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ReadConfiguration(ClusterHandle cluster, string? path);

    [LibraryImport(Library, EntryPoint = "rados_conf_set", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SetOption(ClusterHandle cluster, string option, string value);

    [LibraryImport(Library, EntryPoint = "rados_connect")]
    internal static partial int Connect(ClusterHandle cluster);

    [LibraryImport(Library, EntryPoint = "rados_shutdown")]
    internal static partial void Shutdown(nint cluster);

    [LibraryImport(Library, EntryPoint = "rados_cluster_fsid")]
    internal static partial int ClusterId(ClusterHandle cluster, byte* buffer, nuint length);

    [LibraryImport(Library, EntryPoint = "rados_get_instance_id")]
    internal static partial ulong InstanceId(ClusterHandle cluster);

    [LibraryImport(Library, EntryPoint = "rados_wait_for_latest_osdmap")]
    internal static partial int WaitForLatestMap(ClusterHandle cluster);

    [LibraryImport(Library, EntryPoint = "rados_mon_command")]
    internal static partial int AskMonitors(ClusterHandle cluster, byte** commands, nuint count, byte* input, nuint inputLength, byte** output, nuint* outputLength, byte** words, nuint* wordsLength);

    [LibraryImport(Library, EntryPoint = "rados_buffer_free")]
    internal static partial void FreeBuffer(byte* buffer);

    [LibraryImport(Library, EntryPoint = "rados_pool_list")]
    internal static partial int ListPools(ClusterHandle cluster, byte* buffer, nuint length);

    [LibraryImport(Library, EntryPoint = "rados_pool_lookup", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial long FindPool(ClusterHandle cluster, string name);

    [LibraryImport(Library, EntryPoint = "rados_pool_reverse_lookup")]
    internal static partial int PoolName(ClusterHandle cluster, long id, byte* buffer, nuint length);

    [LibraryImport(Library, EntryPoint = "rados_ioctx_create2")]
    internal static partial int OpenPool(ClusterHandle cluster, long id, out nint pool);

    [LibraryImport(Library, EntryPoint = "rados_ioctx_set_namespace", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial void SetNamespace(PoolHandle pool, string name);

    [LibraryImport(Library, EntryPoint = "rados_stat", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Stat(PoolHandle pool, string name, out ulong size, out long modified);

    [LibraryImport(Library, EntryPoint = "rados_ioctx_destroy")]
    internal static partial void DestroyPool(nint pool);
}
