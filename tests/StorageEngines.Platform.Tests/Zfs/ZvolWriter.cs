using System.Globalization;
using StorageEngines.Specification;

namespace StorageEngines.Platform.Tests.Zfs;

/// <summary>What an application does to a zvol in the virtual machine.</summary>
/// <param name="pool">The pool.</param>
/// <param name="name">The zvol's name.</param>
/// <param name="blockBytes">The size of its blocks.</param>
internal sealed class ZvolWriter(ZfsPool pool, string name, int blockBytes) : IBlockVolumeWriter
{
    private string Device => $"/dev/zvol/{name}";

    public async ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => await pool.Files.WriteDeviceAsync(Device, offset, bytes, cancellationToken);

    // A part of a block is not discarded, as ZFS does.
    public async ValueTask<bool> DiscardAsync(long offset, long length, CancellationToken cancellationToken)
    {
        long start = (offset + blockBytes - 1) / blockBytes * blockBytes, end = (offset + length) / blockBytes * blockBytes;
        if (end <= start)
        {
            return false;
        }

        await pool.Files.DiscardAsync(Device, start, end - start, cancellationToken);
        return true;
    }

    public async ValueTask<bool> ResizeAsync(long capacityBytes, CancellationToken cancellationToken)
    {
        if (capacityBytes == 0 || capacityBytes % blockBytes != 0)
        {
            return false;
        }

        await pool.RunAsync(string.Create(CultureInfo.InvariantCulture, $"zfs set volsize={capacityBytes} {name}"), name, capacityBytes, cancellationToken);
        return true;
    }

    public async ValueTask<byte[]> ReadAsync(CancellationToken cancellationToken) => await pool.Files.ReadDeviceAsync(Device, cancellationToken);
}
