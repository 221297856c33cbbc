using System.Buffers.Binary;
using System.Text;

namespace StorageEngines.Zfs.Streams;

/// <summary>Writes a name-value list in its XDR form, which every version reads in either byte order. OpenZFS 2.3, <c>module/nvpair/nvpair.c</c>. Not thread-safe.</summary>
internal sealed class NameValueWriter
{
    private const int PairHead = 16;

    private readonly List<byte> _bytes = [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]; // XDR; version 0, names occur once

    /// <summary>Adds a name alone.</summary>
    internal NameValueWriter Flag(string name) => Pair(name, NameValueKind.Flag, 0, [], 0);

    /// <summary>Adds a number of 64 bits.</summary>
    internal NameValueWriter Number(string name, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return Pair(name, NameValueKind.UInt64, 1, bytes, 8);
    }

    /// <summary>Adds a text.</summary>
    internal NameValueWriter Text(string name, string value)
    {
        var bytes = new List<byte>();
        Put(bytes, value);
        return Pair(name, NameValueKind.Text, 1, [.. bytes], Aligned(Encoding.UTF8.GetByteCount(value) + 1));
    }

    /// <summary>Ends the list.</summary>
    /// <returns>The whole.</returns>
    internal byte[] ToArray() => [.. _bytes, 0, 0, 0, 0, 0, 0, 0, 0];

    // A pair says how many bytes it has here, and how many it will have where it is unpacked.
    private NameValueWriter Pair(string name, NameValueKind kind, int count, ReadOnlySpan<byte> value, int unpackedBytes)
    {
        var body = new List<byte>();
        Put(body, name);
        Put(body, (int)kind);
        Put(body, count);
        Put(_bytes, body.Count + value.Length + 8);
        Put(_bytes, Aligned(PairHead + Encoding.UTF8.GetByteCount(name) + 1) + unpackedBytes);
        _bytes.AddRange(body);
        _bytes.AddRange(value);
        return this;
    }

    private static int Aligned(int bytes) => (bytes + 7) & ~7;

    private static void Put(List<byte> bytes, int number) => bytes.AddRange([(byte)(number >> 24), (byte)(number >> 16), (byte)(number >> 8), (byte)number]);

    private static void Put(List<byte> bytes, string text)
    {
        byte[] encoded = Encoding.UTF8.GetBytes(text);
        Put(bytes, encoded.Length);
        bytes.AddRange(encoded);
        bytes.AddRange(new byte[-encoded.Length & 3]);
    }
}
