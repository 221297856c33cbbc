using System.Globalization;
using StorageEngines.LvmThin.Volumes;
using StorageEngines.Specification;

namespace StorageEngines.Platform.Tests.LvmThin;

/// <summary>Writes to a logical volume in the machine, past the engine.</summary>
internal sealed class GuestBlockWriter(ThinPool pool, string name) : IBlockVolumeWriter
{
    private const int Sector = 512;

    // Not /dev/GROUP/NAME: LVM takes that link away and makes it anew whenever it cuts a snapshot.
    private string Device => $"/dev/mapper/{LvmPath.Device(ThinPool.Group, name)}";

    public async ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        => await pool.Files.WriteDeviceAsync(Device, offset, bytes, cancellationToken);

    public async ValueTask<bool> DiscardAsync(long offset, long length, CancellationToken cancellationToken)
    {
        long from = (offset + Sector - 1) / Sector * Sector, to = (offset + length) / Sector * Sector;
        if (from >= to)
        {
            return false;
        }

        await pool.Files.DiscardAsync(Device, from, to - from, cancellationToken);
        return true;
    }

    // What was behind the end and is shown again by growing would not read as zeroes, so it is discarded first.
    public async ValueTask<bool> ResizeAsync(long capacityBytes, CancellationToken cancellationToken)
    {
        if (capacityBytes == 0 || capacityBytes % ThinPool.Chunk != 0)
        {
            return false;
        }

        await pool.Shell.RunAsync(string.Create(CultureInfo.InvariantCulture, $$"""
            s=$(blockdev --getsize64 {{Device}})
            if [ "$s" -gt {{capacityBytes}} ]; then
              blkdiscard -o {{capacityBytes}} -l $((s - {{capacityBytes}})) {{Device}}
              lvreduce -qq -f -y --fs ignore -L {{capacityBytes}}b {{ThinPool.Group}}/{{name}} >/dev/null
            elif [ "$s" -lt {{capacityBytes}} ]; then lvextend -qq -y --fs ignore -L {{capacityBytes}}b {{ThinPool.Group}}/{{name}} >/dev/null; fi
            """), cancellationToken);
        return true;
    }

    public async ValueTask<byte[]> ReadAsync(CancellationToken cancellationToken) => await pool.Files.ReadDeviceAsync(Device, cancellationToken);
}
