using System.Runtime.InteropServices;
using StorageEngines.CephRbd.Hosts.Native;

namespace StorageEngines.Platform.Tests.CephRbd;

/// <summary>Calls of librados that only the tests make.</summary>
internal static unsafe partial class RadosCalls
{
    private const string Library = "librados.so.2";

    [LibraryImport(Library, EntryPoint = "rados_create_write_op")]
    internal static partial nint CreateWriting();

    [LibraryImport(Library, EntryPoint = "rados_release_write_op")]
    internal static partial void ReleaseWriting(nint writing);

    [LibraryImport(Library, EntryPoint = "rados_write_op_write")]
    internal static partial void Write(nint writing, byte* bytes, nuint length, ulong offset);

    [LibraryImport(Library, EntryPoint = "rados_write_op_operate", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Operate(nint writing, PoolHandle pool, string name, nint time, int flags);
}
