using System.Globalization;
using StorageEngines.CephRbd;
using StorageEngines.CephRbd.Hosts.Native;
using StorageEngines.CephRbd.Images;

namespace StorageEngines.Platform.Tests.CephRbd;

/// <summary>An image between whose two snapshots a hundred thousand small pieces differ, all alike.</summary>
internal static class ManyExtents
{
    internal const int Count = Objects * WritesPerObject, Stride = ObjectBytes / WritesPerObject;
    internal const long SizeBytes = (long)Objects * ObjectBytes;
    internal const string ObjectSize = "512K";

    private const int Objects = 240, ObjectBytes = 1 << 19, WritesPerObject = 512;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Writes to an image of this size and object size, and makes the snapshots a and b. By librbd each write would be a call of its own: here those of one object are one.</summary>
    internal static async Task<(SnapshotInfo From, SnapshotInfo To)> MakeAsync(CephRbdSettings settings, TestImage image, ISnapshots snapshots)
    {
        Touch(image, 1); // At their ends: what is behind the end of an object is no difference within it.
        SnapshotInfo from = await snapshots.CreateAsync(new CreateSnapshotRequest(image.Ref, "a"), Cancel);
        Touch(image, 2); // The objects are copied, and the map is told.
        Assert.True(ImageKey.TryParse(image.Ref.Id, out ImageKey? key));
        using ConnectionLease lease = ClusterConnections.Take(settings);
        Assert.Equal(0, lease.Connection.TryPool(key.Pool, key.Namespace, out PoolHandle pool));
        Parallel.For(0, Objects, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = Cancel }, each => Write(pool, string.Create(CultureInfo.InvariantCulture, $"rbd_data.{key.Image}.{each:x16}")));
        return (from, await snapshots.CreateAsync(new CreateSnapshotRequest(image.Ref, "b"), Cancel));
    }

    private static unsafe void Touch(TestImage image, byte what)
    {
        using ImageHandle open = image.Writer.Open();
        for (int i = 0; i < Objects; i++)
        {
            Assert.Equal(1, Rbd.Write(open, (ulong)((i + 1) * ObjectBytes) - 1, 1, &what));
        }

        Assert.Equal(0, Rbd.Flush(open));
    }

    private static unsafe void Write(PoolHandle pool, string name)
    {
        nint writing = RadosCalls.CreateWriting();
        byte* bytes = stackalloc byte[Stride / 2];
        new Span<byte>(bytes, Stride / 2).Fill(7);
        for (int i = 0; i < WritesPerObject; i++)
        {
            RadosCalls.Write(writing, bytes, Stride / 2, (ulong)((i * Stride) + (Stride / 2)));
        }

        int result = RadosCalls.Operate(writing, pool, name, 0, 0);
        RadosCalls.ReleaseWriting(writing);
        Assert.Equal(0, result);
    }
}
