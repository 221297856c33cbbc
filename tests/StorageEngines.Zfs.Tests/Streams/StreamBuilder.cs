using System.Buffers.Binary;
using System.Text;
using StorageEngines.Zfs.Streams;

namespace StorageEngines.Zfs.Tests.Streams;

/// <summary>Writes send streams as ZFS does, in either byte order, with checksums or, as old senders, only the one in END.</summary>
internal sealed class StreamBuilder(bool swapped = false, bool old = false)
{
    internal const ulong ToGuid = 0xF0E1_D2C3_B4A5_9687, FromGuid = 0x1122_3344_5566_7788;

    private readonly MemoryStream _stream = new();
    private readonly byte[] _record = new byte[ZfsStreamFormat.RecordBytes];
    private Fletcher4 _sum;

    internal StreamBuilder Begin(ZfsStreamFeatures features = 0, bool package = false, byte[]? list = null, ulong toGuid = ToGuid)
    {
        Array.Clear(_record);
        _sum = default;
        U32(4, (uint)(list?.Length ?? 0));
        U64(8, ZfsStreamFormat.Magic);
        U64(16, ((ulong)features << 2) | (package ? 2u : 1u));
        U64(24, 1_795_220_759);
        U32(32, package ? 0u : 3u);
        U64(40, package ? 0 : toGuid);
        U64(48, package ? 0 : FromGuid);
        Encoding.UTF8.GetBytes("tank/vol@b", _record.AsSpan(56));
        return Record(ZfsRecordType.Begin, list ?? []);
    }

    internal StreamBuilder Object(ulong number, uint blockBytes = 4096, byte[]? bonus = null)
    {
        Array.Clear(_record);
        U64(8, number);
        U32(16, 23);
        U32(24, blockBytes);
        U32(28, (uint)(bonus?.Length ?? 0));
        U64(40, ToGuid);
        return Record(ZfsRecordType.Object, Padded(bonus ?? []));
    }

    internal StreamBuilder Write(ulong number, ulong offset, byte[] data, ZfsCompression compression = 0, int? length = null)
    {
        Array.Clear(_record);
        U64(8, number);
        U64(24, offset);
        U64(32, (ulong)(length ?? data.Length));
        U64(40, ToGuid);
        _record[50] = (byte)compression;
        U64(96, compression == 0 ? 0 : (ulong)data.Length);
        return Record(ZfsRecordType.Write, data);
    }

    internal StreamBuilder Embedded(ulong number, ulong offset, int length, byte[] data, ZfsCompression compression, byte type = 0)
    {
        Array.Clear(_record);
        U64(8, number);
        U64(16, offset);
        U64(24, (ulong)length);
        _record[40] = (byte)compression;
        _record[41] = type;
        U32(48, (uint)length);
        U32(52, (uint)data.Length);
        return Guid(ZfsRecordType.WriteEmbedded, Padded(data));
    }

    internal StreamBuilder Spill(ulong number, byte[] data)
    {
        Array.Clear(_record);
        U64(8, number);
        U64(16, (ulong)data.Length);
        return Guid(ZfsRecordType.Spill, data);
    }

    /// <summary>FREE, WRITE_BYREF, REDACT; or FREEOBJECTS and OBJECT_RANGE, which have their two numbers where the others have object and offset.</summary>
    internal StreamBuilder Range(ZfsRecordType type, ulong first, ulong second, ulong third = 0)
    {
        Array.Clear(_record);
        U64(8, first);
        U64(16, second);
        U64(24, third);
        return Guid(type, []);
    }

    internal StreamBuilder Free(ulong number, ulong offset, ulong length = ulong.MaxValue) => Range(ZfsRecordType.Free, number, offset, length);

    internal StreamBuilder End(bool zero = false, ulong toGuid = ToGuid)
    {
        Array.Clear(_record);
        if (zero)
        {
            return Append([]);
        }

        U64(8, _sum.A);
        U64(16, _sum.B);
        U64(24, _sum.C);
        U64(32, _sum.D);
        U64(40, toGuid);
        return Record(ZfsRecordType.End, []);
    }

    internal byte[] ToArray() => _stream.ToArray();

    /// <summary>A stream with every kind of record.</summary>
    internal static byte[] Everything(bool swapped, bool old)
    {
        var random = new Random(5);
        return new StreamBuilder(swapped, old)
            .Begin(ZfsStreamFeatures.SystemAttributeSpill | ZfsStreamFeatures.EmbeddedData | ZfsStreamFeatures.Redacted)
            .Object(1, bonus: Some(random, 61)).Free(1, 1 << 20).Write(1, 0, Some(random, 4096)).Free(1, 4096, 4096)
            .Embedded(1, 8192, 4096, Some(random, 45), ZfsCompression.Lz4).Write(1, 12288, Some(random, 512), ZfsCompression.Lz4, 4096)
            .Spill(1, Some(random, 512)).Range(ZfsRecordType.WriteByRef, 1, 1 << 16, 4096).Range(ZfsRecordType.Redact, 1, 1 << 17, 4096)
            .Range(ZfsRecordType.ObjectRange, 0, 32).Range(ZfsRecordType.FreeObjects, 3, ulong.MaxValue - 3).End().ToArray();
    }

    internal static byte[] Some(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private StreamBuilder Guid(ZfsRecordType type, byte[] payload)
    {
        U64(ZfsStreamFormat.GuidOffset(type), ToGuid);
        return Record(type, payload);
    }

    private StreamBuilder Record(ZfsRecordType type, byte[] payload)
    {
        U32(0, (uint)type);
        Sum(_record.AsSpan(0, ZfsStreamFormat.ChecksumOffset));
        if (type != ZfsRecordType.Begin && !old)
        {
            U64(280, _sum.A);
            U64(288, _sum.B);
            U64(296, _sum.C);
            U64(304, _sum.D);
        }

        Sum(_record.AsSpan(ZfsStreamFormat.ChecksumOffset));
        Sum(payload);
        return Append(payload);
    }

    private StreamBuilder Append(byte[] payload)
    {
        if (payload.Length == 0 && _record.AsSpan().IndexOfAnyExcept((byte)0) < 0)
        {
            U32(0, (uint)ZfsRecordType.End);
        }

        _stream.Write(_record);
        _stream.Write(payload);
        return this;
    }

    private void Sum(ReadOnlySpan<byte> bytes) => _sum.AddScalar(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, uint>(bytes), swapped);

    private void U32(int offset, uint value) => System.Runtime.InteropServices.MemoryMarshal.Write(_record.AsSpan(offset), swapped ? BinaryPrimitives.ReverseEndianness(value) : value);

    private void U64(int offset, ulong value) => System.Runtime.InteropServices.MemoryMarshal.Write(_record.AsSpan(offset), swapped ? BinaryPrimitives.ReverseEndianness(value) : value);

    private static byte[] Padded(byte[] bytes)
    {
        Array.Resize(ref bytes, (bytes.Length + 7) & ~7);
        return bytes;
    }
}
