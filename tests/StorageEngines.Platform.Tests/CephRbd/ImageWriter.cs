using StorageEngines.CephRbd;
using StorageEngines.CephRbd.Hosts.Native;
using StorageEngines.CephRbd.Images;
using StorageEngines.Specification;

namespace StorageEngines.Platform.Tests.CephRbd;

/// <summary>Writes to an image, which is open for each call only: an image that is open is in use.</summary>
internal sealed class ImageWriter(CephRbdSettings settings, ImageKey key) : IBlockVolumeWriter
{
    private static readonly Dictionary<string, ClusterConnection> Connections = [];

    public unsafe ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        Use(image =>
        {
            fixed (byte* start = bytes.Span)
            {
                return (int)Math.Min(0, Rbd.Write(image, (ulong)offset, (nuint)bytes.Length, start));
            }
        });
        return default;
    }

    public ValueTask<bool> DiscardAsync(long offset, long length, CancellationToken cancellationToken)
    {
        // What is smaller than this, and not aligned to it, librbd leaves as it is without a word (rbd_discard_granularity_bytes).
        const int Granularity = 64 << 10;
        bool isWhole = offset % Granularity == 0 && length % Granularity == 0;
        Use(image => (int)Math.Min(0, isWhole ? Rbd.Discard(image, (ulong)offset, (ulong)length) : Rbd.WriteZeroes(image, (ulong)offset, (nuint)length, 0, 0)));
        return new(true);
    }

    public ValueTask<bool> ResizeAsync(long capacityBytes, CancellationToken cancellationToken)
    {
        Use(image => Rbd.Resize(image, (ulong)capacityBytes));
        return new(true);
    }

    public unsafe ValueTask<byte[]> ReadAsync(CancellationToken cancellationToken)
    {
        byte[] bytes = [];
        Use(image =>
        {
            RbdImageInfo info;
            Assert.Equal(0, Rbd.Stat(image, &info, (nuint)sizeof(RbdImageInfo)));
            bytes = new byte[info.Size];
            fixed (byte* start = bytes)
            {
                return (int)Math.Min(0, Rbd.Read(image, 0, (nuint)bytes.Length, start));
            }
        });
        return new(bytes);
    }

    /// <summary>Closes the connection to a cluster that ends.</summary>
    internal static void Forget(CephRbdSettings settings)
    {
        lock (Connections)
        {
            if (Connections.Remove(settings.ConnectionKey, out ClusterConnection? connection))
            {
                connection.Dispose();
            }
        }
    }

    /// <summary>Opens an image to write, and keeps it open; the caller closes it.</summary>
    internal ImageHandle Open()
    {
        ClusterConnection connection;
        lock (Connections)
        {
            if (!Connections.TryGetValue(settings.ConnectionKey, out connection!))
            {
                Connections[settings.ConnectionKey] = connection = ClusterConnection.Open(settings);
            }
        }

        Assert.Equal(0, connection.TryPool(key.Pool, key.Namespace, out PoolHandle pool));
        Assert.Equal(0, Rbd.OpenById(pool, key.Image, out nint opened, null));
        return new ImageHandle(opened, pool);
    }

    private void Use(Func<ImageHandle, int> use)
    {
        using ImageHandle image = Open();
        Assert.Equal(0, use(image));
        Assert.Equal(0, Rbd.Flush(image));
    }
}
