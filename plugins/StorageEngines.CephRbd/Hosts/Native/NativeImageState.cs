using StorageEngines.CephRbd.Images;
using StorageEngines.Posix;

namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>Reads what is known of an image that is open: no call of these goes to the cluster. Blocks.</summary>
internal static unsafe class NativeImageState
{
    /// <summary>Reads the image and its snapshots.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="image">The image.</param>
    /// <param name="key">What it is.</param>
    /// <param name="pool">Its pool's name.</param>
    internal static ImageState Read(ClusterConnection connection, ImageHandle image, ImageKey key, string pool)
    {
        RbdImageInfo info;
        Check(connection, key, Rbd.Stat(image, &info, (nuint)sizeof(RbdImageInfo)));
        Check(connection, key, Rbd.GetFeatures(image, out ulong features));
        Check(connection, key, Rbd.GetStripeCount(image, out ulong stripes));
        var found = new RbdImage(
            key, new ImagePath(pool, key.Namespace, Name(connection, image, key)), checked((long)info.Size), checked((long)info.ObjectSize), (long)Math.Max(1, stripes), (RbdFeatures)features);
        return new ImageState(found, Snapshots(connection, image, key));
    }

    private static string Name(ClusterConnection connection, ImageHandle image, ImageKey key)
    {
        Check(connection, key, NativeNames.OfImage(image, out byte[] name));
        return NativeNames.Read(name);
    }

    private static List<RbdSnapshot> Snapshots(ClusterConnection connection, ImageHandle image, ImageKey key)
    {
        int most = 64;
        while (true)
        {
            var listed = new RbdSnapshotInfo[most];
            fixed (RbdSnapshotInfo* start = listed)
            {
                int count = RbdSnapshots.List(image, start, &most);
                if (count == -Errno.ERANGE)
                {
                    most += 16;
                    continue;
                }

                Check(connection, key, count);
                List<RbdSnapshot> snapshots = [];
                for (int i = 0; i < count; i++)
                {
                    snapshots.Add(Describe(connection, image, key, listed[i]));
                }

                if (count > 0)
                {
                    RbdSnapshots.FreeList(start);
                }

                return [.. snapshots.OrderBy(each => each.Id)];
            }
        }
    }

    private static RbdSnapshot Describe(ClusterConnection connection, ImageHandle image, ImageKey key, RbdSnapshotInfo info)
    {
        string name = NativeText.Read(info.Name);
        Check(connection, key, RbdSnapshots.GetSpace(image, info.Id, out int space));
        RbdTime time;
        Check(connection, key, RbdSnapshots.GetTime(image, info.Id, &time));
        int isProtected = 0;
        if (space == (int)SnapshotSpace.User)
        {
            Check(connection, key, RbdSnapshots.IsProtected(image, info.Name, out isProtected));
        }

        DateTimeOffset created = DateTimeOffset.FromUnixTimeSeconds(time.Seconds).AddTicks(time.Nanoseconds / 100);
        return new RbdSnapshot(info.Id, name, checked((long)info.Size), (SnapshotSpace)space, created, isProtected != 0, space == (int)SnapshotSpace.Group ? Group(connection, image, key, info.Id) : null);
    }

    private static GroupSnapshotName Group(ClusterConnection connection, ImageHandle image, ImageKey key, ulong id)
    {
        RbdGroupSnapshotName group;
        Check(connection, key, RbdSnapshots.GetGroup(image, id, &group, (nuint)sizeof(RbdGroupSnapshotName)));
        var name = new GroupSnapshotName(group.GroupPool, NativeText.Read(group.Group), NativeText.Read(group.Snapshot));
        _ = RbdSnapshots.FreeGroup(&group, (nuint)sizeof(RbdGroupSnapshotName));
        return name;
    }

    private static void Check(ClusterConnection connection, ImageKey key, int result)
    {
        if (result < 0)
        {
            throw connection.Failure("look at image", key.ToString(), -result);
        }
    }
}
