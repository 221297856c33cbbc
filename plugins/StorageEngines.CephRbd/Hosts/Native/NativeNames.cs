using System.Text;
using StorageEngines.CephRbd.Images;
using StorageEngines.Posix;

namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>The names that an open image and its snapshots have by now, as librbd has them: bytes that end with NUL, which need not be UTF-8.</summary>
internal static unsafe class NativeNames
{
    private const int Tries = 3;

    private delegate int Ask(byte* name, nuint* length);

    /// <summary>Tells an image's name.</summary>
    /// <remarks>Implements: rbd_get_name.</remarks>
    internal static int OfImage(ImageHandle image, out byte[] name) => Get((start, length) => Rbd.GetName(image, start, length), out name);

    /// <summary>Tells a snapshot's name; <see cref="Errno.ENOENT"/> if it is gone.</summary>
    /// <remarks>Implements: rbd_snap_get_name.</remarks>
    internal static int OfSnapshot(ImageHandle image, ulong id, out byte[] name) => Get((start, length) => RbdSnapshots.GetName(image, id, start, length), out name);

    /// <summary>Does something with a snapshot for which librbd goes by names. Between the look at the name and the call it may be renamed once more: that is tried again.</summary>
    internal static int WithSnapshot(ImageHandle image, RbdSnapshot snapshot, Func<byte[], int> call)
    {
        int result = 0;
        for (int i = 0; i < Tries; i++)
        {
            result = OfSnapshot(image, snapshot.Id, out byte[] name);
            result = result < 0 ? result : call(name);
            if (result != -Errno.ENOENT)
            {
                break;
            }
        }

        return result;
    }

    /// <summary>A name for people.</summary>
    internal static string Read(byte[] name) => Encoding.UTF8.GetString(name.AsSpan(0, Math.Max(0, name.AsSpan().IndexOf((byte)0))));

    private static int Get(Ask ask, out byte[] name)
    {
        nuint length = 256;
        int result;
        do
        {
            name = new byte[length + 1];
            fixed (byte* start = name)
            {
                result = ask(start, &length);
            }
        }
        while (result == -Errno.ERANGE);
        return result;
    }
}
