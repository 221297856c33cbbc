using System.Globalization;
using StorageEngines.Specification;

namespace StorageEngines.Platform.Tests.Zfs;

/// <summary>What an application does to a zvol in the virtual machine. Each call is one round trip; the device is open only as long, so that nothing stale stays in the page cache.</summary>
/// <param name="pool">The pool.</param>
/// <param name="name">The zvol's name.</param>
/// <param name="blockBytes">The size of its blocks.</param>
internal sealed class ZvolWriter(ZfsPool pool, string name, int blockBytes) : IBlockVolumeWriter
{
    private string Device => $"/dev/zvol/{name}";

    /// <summary>A command that waits until the device is there with a size; udev makes it a little after the volume.</summary>
    internal static string Wait(string name, long bytes)
        => string.Create(CultureInfo.InvariantCulture, $"n=0; until [ -b /dev/zvol/{name} ] && [ \"$(blockdev --getsize64 /dev/zvol/{name})\" = {bytes} ]; do n=$((n + 1)); [ $n -lt 600 ] || exit 9; sleep 0.05; done\n");

    public async ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        => await pool.RunAsync(
            string.Create(CultureInfo.InvariantCulture, $"{{ {StorageVm.GuestShell.Print(bytes.Span)}}} | dd of={Device} bs=1M seek={offset} oflag=seek_bytes iflag=fullblock conv=notrunc,fsync status=none"), cancellationToken);

    // A part of a block is not discarded, as ZFS does.
    public async ValueTask<bool> DiscardAsync(long offset, long length, CancellationToken cancellationToken)
    {
        long start = (offset + blockBytes - 1) / blockBytes * blockBytes, end = (offset + length) / blockBytes * blockBytes;
        if (end <= start)
        {
            return false;
        }

        await pool.RunAsync(string.Create(CultureInfo.InvariantCulture, $"blkdiscard -o {start} -l {end - start} {Device}"), cancellationToken);
        return true;
    }

    public async ValueTask<bool> ResizeAsync(long capacityBytes, CancellationToken cancellationToken)
    {
        if (capacityBytes == 0 || capacityBytes % blockBytes != 0)
        {
            return false;
        }

        await pool.RunAsync(string.Create(CultureInfo.InvariantCulture, $"zfs set volsize={capacityBytes} {name}\n{Wait(name, capacityBytes)}"), cancellationToken);
        return true;
    }

    public async ValueTask<byte[]> ReadAsync(CancellationToken cancellationToken)
        => await pool.Shell.ReadAsync($"dd if={Device} bs=1M iflag=direct status=none", cancellationToken);
}
