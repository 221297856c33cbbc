using StorageEngines.CephRbd.Images;
using StorageEngines.Posix;

namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>Groups of images through librbd.</summary>
internal sealed unsafe class NativeImageGroups(NativeRbdHost host) : IImageGroups
{
    /// <inheritdoc/>
    /// <remarks>Implements: rbd_group_list, rbd_group_image_list, rbd_group_snap_list.</remarks>
    public Task<GroupMembers?> ReadAsync(GroupPlace group, CancellationToken cancellationToken) => host.CallAsync("read group", connection => Read(connection, group), cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Implements: rbd_group_create.</remarks>
    public Task CreateAsync(GroupPlace group, CancellationToken cancellationToken) => ChangeAsync("create group", group, pool => RbdGroups.Create(pool, group.Name), cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Implements: rbd_group_remove.</remarks>
    public Task RemoveAsync(GroupPlace group, CancellationToken cancellationToken) => ChangeAsync("remove group", group, pool => Unless(RbdGroups.Remove(pool, group.Name), Errno.ENOENT), cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Implements: rbd_group_image_add.</remarks>
    public Task AddImageAsync(GroupPlace group, RbdImage image, CancellationToken cancellationToken) => host.ChangeAsync(
        "add to group",
        connection =>
        {
            int result = connection.TryPool(group.Pool, group.Namespace, out PoolHandle pool);
            PoolHandle? images = null;
            result = result < 0 ? result : connection.TryPool(image.Key.Pool, image.Key.Namespace, out images);
            result = result < 0 ? result : RbdGroups.AddImage(pool, group.Name, images!, image.Path.Image);
            NativeImageChanges.Check(connection, "add to group", image.Path.ToString(), result);
        },
        cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Implements: rbd_group_snap_create.</remarks>
    public Task CreateSnapshotAsync(GroupPlace group, string name, CancellationToken cancellationToken)
        => ChangeAsync("create group snapshot", group, pool => RbdGroups.CreateSnapshot(pool, group.Name, name), cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Implements: rbd_group_snap_remove.</remarks>
    public Task RemoveSnapshotAsync(GroupPlace group, string name, CancellationToken cancellationToken)
        => ChangeAsync("delete group snapshot", group, pool => Unless(RbdGroups.RemoveSnapshot(pool, group.Name, name), Errno.ENOENT), cancellationToken);

    private static int Unless(int result, int harmless) => result == -harmless ? 0 : result;

    private static GroupMembers? Read(ClusterConnection connection, GroupPlace group)
    {
        int result = connection.TryPool(group.Pool, group.Namespace, out PoolHandle pool);
        List<(long Pool, string Name)> images = [];
        List<string> snapshots = [];
        result = result < 0 ? result : Has(pool, group.Name); // The lists of a group that is not there are empty.
        result = result < 0 ? result : ReadImages(pool, group.Name, images);
        result = result < 0 ? result : ReadSnapshots(pool, group.Name, snapshots);
        return result == -Errno.ENOENT ? null : result < 0 ? throw connection.Failure("read group", group.Name, -result) : new GroupMembers(group, images, snapshots);
    }

    private static int Has(PoolHandle pool, string name)
    {
        nuint length = 4096;
        while (true)
        {
            byte[] names = new byte[length];
            fixed (byte* start = names)
            {
                int result = RbdGroups.List(pool, start, &length);
                if (result != -Errno.ERANGE)
                {
                    return result < 0 ? result : NativeText.Split(names.AsSpan(0, (int)Math.Min(length, (nuint)names.Length))).Contains(name) ? 0 : -Errno.ENOENT;
                }
            }

            length += 1024;
        }
    }

    private static int ReadImages(PoolHandle pool, string name, List<(long Pool, string Name)> images)
    {
        nuint count = 64;
        while (true)
        {
            var listed = new RbdGroupImage[count];
            fixed (RbdGroupImage* start = listed)
            {
                int result = RbdGroups.ListImages(pool, name, start, (nuint)sizeof(RbdGroupImage), &count);
                if (result == -Errno.ERANGE)
                {
                    count += 16;
                    continue;
                }

                for (int i = 0; result >= 0 && i < (int)count; i++)
                {
                    images.Add((listed[i].Pool, NativeText.Read(listed[i].Name)));
                }

                if (result >= 0)
                {
                    _ = RbdGroups.FreeImages(start, (nuint)sizeof(RbdGroupImage), count);
                }

                return Math.Min(result, 0);
            }
        }
    }

    private static int ReadSnapshots(PoolHandle pool, string name, List<string> snapshots)
    {
        nuint count = 64;
        while (true)
        {
            var listed = new RbdGroupSnapshotInfo[count];
            fixed (RbdGroupSnapshotInfo* start = listed)
            {
                int result = RbdGroups.ListSnapshots(pool, name, start, (nuint)sizeof(RbdGroupSnapshotInfo), &count);
                if (result == -Errno.ERANGE)
                {
                    count += 16;
                    continue;
                }

                for (int i = 0; result >= 0 && i < (int)count; i++)
                {
                    snapshots.Add(NativeText.Read(listed[i].Name));
                }

                if (result >= 0)
                {
                    _ = RbdGroups.FreeSnapshots(start, (nuint)sizeof(RbdGroupSnapshotInfo), count);
                }

                return Math.Min(result, 0);
            }
        }
    }

    private Task ChangeAsync(string operation, GroupPlace group, Func<PoolHandle, int> change, CancellationToken cancellationToken) => host.ChangeAsync(
        operation,
        connection =>
        {
            int result = connection.TryPool(group.Pool, group.Namespace, out PoolHandle pool);
            NativeImageChanges.Check(connection, operation, group.Name, result < 0 ? result : change(pool));
        },
        cancellationToken);
}
