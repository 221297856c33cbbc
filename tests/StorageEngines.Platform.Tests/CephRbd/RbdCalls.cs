using System.Runtime.InteropServices;
using StorageEngines.CephRbd.Hosts.Native;

namespace StorageEngines.Platform.Tests.CephRbd;

/// <summary>Calls of librbd that only the tests make.</summary>
internal static partial class RbdCalls
{
    private const string Library = "librbd.so.1";

    [LibraryImport(Library, EntryPoint = "rbd_create3", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Create(PoolHandle pool, string name, ulong size, ulong features, ref int order, ulong stripeUnit, ulong stripeCount);

    [LibraryImport(Library, EntryPoint = "rbd_flatten")]
    internal static partial int Flatten(ImageHandle image);
}
