using StorageEngines.CephRbd.Images;
using StorageEngines.Posix;

namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>Lists images. Blocks.</summary>
internal static unsafe class NativeImageList
{
    /// <summary>All images that the user may see; pools that he may not read are left out.</summary>
    /// <exception cref="StorageEngineException">He may read none.</exception>
    internal static List<ImagePlace> Read(ClusterConnection connection)
    {
        List<ImagePlace> places = [];
        int readable = 0, refused = 0;
        foreach (string name in connection.ListPools())
        {
            long id = connection.FindPool(name);
            if (id == -Errno.ENOENT)
            {
                continue; // Deleted since.
            }

            int result = id < 0 ? (int)id : ReadPool(connection, id, name, places);
            readable += result == 0 ? 1 : 0;
            refused = result is -Errno.EPERM or -Errno.EACCES ? -result : refused;
            if (result < 0 && result is not (-Errno.EPERM or -Errno.EACCES or -Errno.ENOENT))
            {
                throw connection.Failure("list images of", name, -result);
            }
        }

        return readable > 0 || refused == 0 ? places : throw connection.Failure("list images of", "any pool", refused);
    }

    private static int ReadPool(ClusterConnection connection, long id, string name, List<ImagePlace> places)
    {
        int result = connection.TryPool(id, "", out PoolHandle pool);
        result = result < 0 ? result : ReadSpace(connection, pool, new ImagePath(name, "", ""), id, places);
        if (result < 0)
        {
            return result;
        }

        foreach (string space in Namespaces(pool, out result))
        {
            int each = connection.TryPool(id, space, out PoolHandle inner);
            each = each < 0 ? each : ReadSpace(connection, inner, new ImagePath(name, space, ""), id, places);
            if (each < 0 && each is not (-Errno.EPERM or -Errno.EACCES or -Errno.ENOENT))
            {
                return each;
            }
        }

        return result;
    }

    private static int ReadSpace(ClusterConnection connection, PoolHandle pool, ImagePath within, long id, List<ImagePlace> places)
    {
        nuint count = 256;
        while (true)
        {
            var images = new RbdImageSpec[count];
            fixed (RbdImageSpec* start = images)
            {
                int result = Rbd.List(pool, start, &count);
                if (result == -Errno.ERANGE)
                {
                    count += 64; // Some more than there are now.
                    continue;
                }

                for (int i = 0; result >= 0 && i < (int)count; i++)
                {
                    places.Add(new ImagePlace(new ImageKey(connection.Id, id, within.Namespace, NativeText.Read(images[i].Id)), within with { Image = NativeText.Read(images[i].Name) }));
                }

                if (result >= 0)
                {
                    Rbd.FreeList(start, count);
                }

                return Math.Min(result, 0);
            }
        }
    }

    private static List<string> Namespaces(PoolHandle pool, out int result)
    {
        nuint length = 1024;
        while (true)
        {
            byte[] names = new byte[length];
            fixed (byte* start = names)
            {
                result = Rbd.ListNamespaces(pool, start, &length);
            }

            if (result != -Errno.ERANGE)
            {
                result = Math.Min(result, 0);
                return result < 0 ? [] : NativeText.Split(names.AsSpan(0, (int)length));
            }

            length += 256;
        }
    }
}
