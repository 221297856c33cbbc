using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using StorageEngines.CephRbd.Images;
using StorageEngines.Posix;

namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>Changes images through librbd. Each change opens the image for it, and closes it after.</summary>
internal sealed unsafe class NativeImageChanges(NativeRbdHost host) : IImageChanges
{
    private delegate int ByName(ImageHandle image, byte* snapshot);

    /// <inheritdoc/>
    /// <remarks>Implements: rbd_snap_create.</remarks>
    public Task CreateSnapshotAsync(RbdImage image, string name, CancellationToken cancellationToken)
        => ChangeAsync("create snapshot", image, $"{image.Path}@{name}", open => RbdSnapshots.Create(open, name), cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Implements: rbd_snap_remove.</remarks>
    public Task RemoveSnapshotAsync(RbdImage image, RbdSnapshot snapshot, CancellationToken cancellationToken) => ChangeAsync(
        "delete snapshot",
        image,
        $"{image.Path}@{snapshot.Name}",
        open => Change(open, snapshot, RbdSnapshots.Remove) is var result && result == -Errno.ENOENT ? 0 : result,
        cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Implements: rbd_snap_protect, rbd_snap_unprotect.</remarks>
    public Task ProtectAsync(RbdImage image, RbdSnapshot snapshot, bool isProtected, CancellationToken cancellationToken) => ChangeAsync(
        isProtected ? "protect snapshot" : "unprotect snapshot",
        image,
        $"{image.Path}@{snapshot.Name}",
        open => Change(open, snapshot, isProtected ? RbdSnapshots.Protect : RbdSnapshots.Unprotect),
        cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Implements: rbd_metadata_set, rbd_metadata_remove.</remarks>
    public Task NoteAsync(RbdImage image, IReadOnlyList<(string Key, string? Value)> notes, CancellationToken cancellationToken) => ChangeAsync(
        "note",
        image,
        image.Path.ToString(),
        open =>
        {
            foreach ((string key, string? value) in notes)
            {
                int result = value is null ? Rbd.RemoveMetadata(open, key) : Rbd.SetMetadata(open, key, value);
                if (result < 0 && !(value is null && result == -Errno.ENOENT))
                {
                    return result;
                }
            }

            return 0;
        },
        cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Implements: rbd_clone3. librbd goes by the names of the image and of the snapshot, which are asked for just before.</remarks>
    public Task CloneAsync(RbdImage image, RbdSnapshot snapshot, ImagePath child, CancellationToken cancellationToken) => host.ChangeAsync(
        "clone snapshot",
        connection =>
        {
            string subject = $"{image.Path}@{snapshot.Name}";
            using ImageHandle parent = Open(connection, image, "clone snapshot", subject);
            long id = connection.FindPool(child.Pool);
            PoolHandle? from = null, to = null;
            int result = id < 0 ? (int)id : connection.TryPool(image.Key.Pool, image.Key.Namespace, out from);
            result = result < 0 ? result : connection.TryPool(id, child.Namespace, out to);
            result = result < 0 ? result : NativeNames.WithSnapshot(parent, snapshot, name => Clone(parent, from!, name, to!, child.Image));
            Check(connection, "clone snapshot", result == -Errno.EEXIST ? child.ToString() : subject, result);
        },
        cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Implements: rbd_resize.</remarks>
    public Task ResizeAsync(RbdImage image, long sizeBytes, CancellationToken cancellationToken)
        => ChangeAsync("resize", image, image.Path.ToString(), open => Rbd.Resize(open, (ulong)sizeBytes), cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Implements: rbd_snap_rollback_with_progress.</remarks>
    public Task RollbackAsync(RbdImage image, RbdSnapshot snapshot, IProgress<OperationProgress>? progress, CancellationToken cancellationToken) => ChangeAsync(
        "roll back",
        image,
        $"{image.Path}@{snapshot.Name}",
        open =>
        {
            GCHandle told = GCHandle.Alloc(new RollbackProgress(progress, snapshot.SizeBytes));
            try
            {
                return Change(open, snapshot, (image, name) => RbdSnapshots.Rollback(image, name, &OnProgress, (void*)GCHandle.ToIntPtr(told)));
            }
            finally
            {
                told.Free();
            }
        },
        cancellationToken);

    /// <summary>Opens an image for a change.</summary>
    internal static ImageHandle Open(ClusterConnection connection, RbdImage image, string operation, string subject)
    {
        nint opened = 0;
        int result = connection.TryPool(image.Key.Pool, image.Key.Namespace, out PoolHandle pool);
        result = result < 0 ? result : Rbd.OpenById(pool, image.Key.Image, out opened, null);
        return result == -Errno.ENOENT ? throw CephRbdErrors.MissingVolume(image.Path.ToString())
            : result < 0 ? throw connection.Failure(operation, subject, -result, isChange: true) : new ImageHandle(opened, pool);
    }

    /// <summary>Throws if a call failed.</summary>
    internal static void Check(ClusterConnection connection, string operation, string subject, int result)
    {
        if (result < 0)
        {
            throw connection.Failure(operation, subject, -result, isChange: true);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnProgress(ulong done, ulong total, void* told)
    {
        ((RollbackProgress)GCHandle.FromIntPtr((nint)told).Target!).Tell(done, total);
        return 0;
    }

    private static int Clone(ImageHandle parent, PoolHandle from, byte[] snapshot, PoolHandle to, string child)
    {
        int result = NativeNames.OfImage(parent, out byte[] image);
        if (result < 0)
        {
            return result;
        }

        Rbd.CreateOptions(out nint options);
        fixed (byte* parentName = image, snapshotName = snapshot)
        {
            result = Rbd.Clone(from, parentName, snapshotName, to, child, options);
        }

        Rbd.DestroyOptions(options);
        return result;
    }

    private static int Change(ImageHandle open, RbdSnapshot snapshot, ByName change) => NativeNames.WithSnapshot(open, snapshot, name =>
    {
        fixed (byte* start = name)
        {
            return change(open, start);
        }
    });

    private Task ChangeAsync(string operation, RbdImage image, string subject, Func<ImageHandle, int> change, CancellationToken cancellationToken) => host.ChangeAsync(
        operation,
        connection =>
        {
            using ImageHandle open = Open(connection, image, operation, subject);
            Check(connection, operation, subject, change(open));
        },
        cancellationToken);
}
