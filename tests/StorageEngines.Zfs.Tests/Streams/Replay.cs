using StorageEngines.Zfs.Streams;

namespace StorageEngines.Zfs.Tests.Streams;

/// <summary>Objects as streams make them: applies every record of every object, one stream after the other, as a receiver does.</summary>
internal sealed class Replay
{
    private const int MostBytes = 32 << 20;
    private readonly Dictionary<ulong, byte[]> _objects = [];

    internal Replay Apply(byte[] stream)
    {
        ZfsSendReader reader = Vector.Open(stream);
        var expander = new ZfsBlockExpander();
        while (reader.Read())
        {
            switch (reader.Type)
            {
                case ZfsRecordType.Write:
                    Put(ZfsBlock.ReadWrite(reader.Record), expander.Expand(reader));
                    break;
                case ZfsRecordType.WriteEmbedded when !ZfsBlock.ReadEmbedded(reader.Record).IsSpill:
                    Put(ZfsBlock.ReadEmbedded(reader.Record), expander.Expand(reader));
                    break;
                case ZfsRecordType.Free:
                    Clear(ZfsRange.Read(reader.Record));
                    break;
                case ZfsRecordType.FreeObjects:
                    (ulong first, ulong count) = (reader.Record.U64(8), reader.Record.U64(16));
                    foreach (ulong gone in _objects.Keys.Where(number => number >= first && number - first < count).ToList())
                    {
                        _objects.Remove(gone);
                    }

                    break;
                default:
                    break;
            }
        }

        return this;
    }

    /// <summary>An object, cut or extended to a size.</summary>
    internal byte[] Object(ulong number, long size)
    {
        byte[] bytes = [.. _objects.GetValueOrDefault(number, [])];
        Array.Resize(ref bytes, (int)size);
        return bytes;
    }

    private void Put(ZfsBlock block, ReadOnlySpan<byte> data)
    {
        Assert.Equal(block.Length, data.Length);
        byte[] bytes = _objects.GetValueOrDefault(block.Number, []);
        int end = (int)block.Offset + block.Length;
        Assert.InRange(end, 0, MostBytes);
        Array.Resize(ref bytes, Math.Max(bytes.Length, end));
        data.CopyTo(bytes.AsSpan((int)block.Offset));
        _objects[block.Number] = bytes;
    }

    private void Clear(ZfsRange range)
    {
        byte[] bytes = _objects.GetValueOrDefault(range.Number, []);
        ulong end = range.Length == ZfsStreamFormat.ToTheEnd ? ulong.MaxValue : range.Offset + range.Length;
        if (range.Offset < (ulong)bytes.Length)
        {
            bytes.AsSpan((int)range.Offset, (int)Math.Min(end, (ulong)bytes.Length) - (int)range.Offset).Clear();
        }
    }
}
