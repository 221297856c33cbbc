using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace StorageEngines.Platform.Tests.Btrfs;

/// <summary>Makes Btrfs send streams of version 1 by hand: what no sender makes.</summary>
internal sealed class HandStream
{
    internal const int Uuid = 1, Transaction = 2, Inode = 3, Path = 15, Link = 17;
    internal const int Subvolume = 1, MakeFile = 3, Symlink = 8, End = 21;

    private readonly List<byte> _bytes = [.. "btrfs-stream\0"u8, 1, 0, 0, 0];

    internal byte[] Bytes => [.. _bytes];

    internal HandStream Add(int command, params (int Attribute, object Value)[] attributes)
    {
        var payload = new List<byte>();
        foreach ((int attribute, object value) in attributes)
        {
            byte[] bytes = value switch
            {
                string text => Encoding.UTF8.GetBytes(text),
                Guid uuid => uuid.ToByteArray(bigEndian: true),
                _ => BitConverter.GetBytes(Convert.ToUInt64(value, System.Globalization.CultureInfo.InvariantCulture)),
            };
            payload.AddRange([(byte)attribute, 0, (byte)bytes.Length, 0, .. bytes]);
        }

        byte[] whole = [.. BitConverter.GetBytes(payload.Count), (byte)command, 0, 0, 0, 0, 0, .. payload];
        BinaryPrimitives.WriteUInt32LittleEndian(whole.AsSpan(6), whole.Aggregate(0u, BitOperations.Crc32C));
        _bytes.AddRange(whole);
        return this;
    }
}
