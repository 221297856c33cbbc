using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Tests.Fuzz;

/// <summary>Damages objects of a store by chance, and then makes their checksums right again, so that the parsers behind them see the damage.</summary>
internal sealed class StoreMutator(Random random)
{
    private static readonly long[] Odd = [0, 1, -1, 127, 128, 255, 4096, 65535, 65536, int.MaxValue, int.MinValue, uint.MaxValue, long.MaxValue, long.MinValue, 1L << 40, 1L << 62];

    /// <summary>Changes some bytes: flips, odd numbers, pieces that move, come or go.</summary>
    internal byte[] Bytes(ReadOnlySpan<byte> whole)
    {
        List<byte> bytes = [.. whole];
        for (int count = 1 + random.Next(random.Next(3) == 0 ? 12 : 2); count > 0 && bytes.Count > 0; count--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(8))
            {
                case 0:
                    bytes.RemoveRange(at, Math.Min(bytes.Count - at, 1 + random.Next(16)));
                    break;
                case 1:
                    bytes.InsertRange(at, [.. Enumerable.Range(0, 1 + random.Next(16)).Select(_ => (byte)random.Next(256))]);
                    break;
                case 2:
                    bytes.InsertRange(at, [.. bytes.Skip(random.Next(bytes.Count)).Take(random.Next(64))]);
                    break;
                case 3:
                    Overwrite(bytes, at, BitConverter.GetBytes(Odd[random.Next(Odd.Length)]).AsSpan(0, 1 << random.Next(4)));
                    break;
                case 4:
                    Overwrite(bytes, at, Varint(Odd[random.Next(Odd.Length)]));
                    break;
                case 5:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                default:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
            }
        }

        return [.. bytes];
    }

    /// <summary>A record: its JSON is damaged, mostly in a number or text, and the checksum is right.</summary>
    internal byte[] Record(byte[] whole, string? digest = null)
    {
        int end = Array.IndexOf(whole, (byte)'\n');
        string[] words = Encoding.ASCII.GetString(whole, 0, end).Split(' ');
        string body = Encoding.UTF8.GetString(whole.AsSpan(end + 1));
        if (digest is not null)
        {
            int at = body.IndexOf("\"manifest\": \"", StringComparison.Ordinal) + 13;
            return Sealed($"{words[0]} {words[1]} ", Encoding.UTF8.GetBytes(body.Remove(at, 64).Insert(at, digest)));
        }

        if (random.Next(2) == 0)
        {
            string[] lines = body.Split('\n');
            int line = random.Next(lines.Length);
            string[] values = ["-1", "9223372036854775807", "1e400", "null", "[]", "{}", "\"\"", "\"" + new string('x', random.Next(4000)) + "\"", "\"\\u0000\"", "true", "0.5", "\"../../x\"", "\"\\\\x\""];
            int colon = lines[line].IndexOf(':');
            lines[line] = colon < 0 ? "" : lines[line][..(colon + 1)] + values[random.Next(values.Length)] + (lines[line].EndsWith(',') ? "," : "");
            return Sealed($"{words[0]} {words[1]} ", Encoding.UTF8.GetBytes(string.Join('\n', lines)));
        }

        string version = random.Next(10) == 0 ? "99.0" : words[1];
        return Sealed($"{words[0]} {version} ", Bytes(whole.AsSpan(end + 1)));
    }

    /// <summary>A manifest: one frame, the index or the trailer is damaged, and all checksums above are right.</summary>
    internal byte[] Manifest(string path, out string digest)
    {
        byte[] whole = File.ReadAllBytes(path);
        using ManifestFile file = ManifestFile.Open(path)!;
        ManifestTrailer trailer = file.Trailer;
        List<byte> body = [.. whole.AsSpan(0, (int)trailer.IndexOffset)];
        FramePlace[] places = [.. file.Frames];
        if (places.Length > 0 && random.Next(4) != 0)
        {
            int victim = random.Next(places.Length);
            byte[] stored = file.ReadStored(places[victim].Offset, FrameKind.Entries, out FrameHeader header);
            byte[] frame = Frame(header, stored.AsSpan(FrameHeader.Size), out Sum128 sum);
            places[victim] = places[victim] with { Offset = body.Count, Checksum = sum };
            body.AddRange(frame);
        }
        else if (random.Next(2) == 0)
        {
            List(body, trailer.IndexOffset);
        }

        var index = new ByteBuffer(64);
        Array.ForEach(places, place => place.Append(index));
        byte[] raw = random.Next(4) == 0 ? Bytes(index.Span) : index.Span.ToArray();
        FrameHeader indexHeader = new FrameHeader(FrameKind.Index, BlockCodecs.Stored, raw.Length, raw.Length, random.Next(8) == 0 ? random.Next() : places.Length, default).Seal(raw);
        var head = new byte[FrameHeader.Size];
        indexHeader.Write(head);
        var tail = new byte[ManifestTrailer.Size];
        digest = (trailer with
        {
            IndexOffset = body.Count,
            EntryFrames = indexHeader.Items,
            Entries = random.Next(8) == 0 ? Odd[random.Next(Odd.Length)] : trailer.Entries,
            FileBytes = random.Next(8) == 0 ? Odd[random.Next(Odd.Length)] : trailer.FileBytes,
            IndexChecksum = indexHeader.Checksum,
        }).Write(whole.AsSpan(0, ObjectHeader.Size), tail);
        return [.. body, .. head, .. raw, .. tail];
    }

    /// <summary>A pack: the index, a record's head or its bytes are damaged, and checksums are right where they can be.</summary>
    internal byte[] Pack(byte[] whole)
    {
        if (!PackTrailer.TryRead(whole.AsSpan(whole.Length - PackTrailer.Size), whole.Length, out int count, out long offset) || count == 0)
        {
            return Bytes(whole);
        }

        byte[] body = [.. whole.AsSpan(0, (int)offset)];
        byte[] entries = [.. whole.AsSpan((int)offset, count * PackEntry.Size)];
        int victim = random.Next(count);
        PackEntry entry = PackEntry.Read(entries.AsSpan(victim * PackEntry.Size));
        switch (random.Next(3))
        {
            case 0:
                byte[] damaged = Bytes(entries);
                Array.Resize(ref damaged, damaged.Length / PackEntry.Size * PackEntry.Size);
                entries = damaged;
                break;
            case 1:
                (entry with { PlainLength = Length(), StoredLength = Length(), Codec = (byte)random.Next(6) }).Write(entries.AsSpan(victim * PackEntry.Size));
                break;
            default:
                PackEntry lie = entry with { PlainLength = Length(), StoredLength = random.Next(2) == 0 ? entry.StoredLength : Length(), Codec = (byte)random.Next(6) };
                lie.WriteRecord(body.AsSpan((int)entry.Offset));
                lie.Write(entries.AsSpan(victim * PackEntry.Size));
                break;
        }

        var tail = new byte[PackTrailer.Size];
        PackTrailer.Write(entries, body.Length, tail);
        if (random.Next(4) == 0)
        {
            tail[random.Next(tail.Length)] ^= 1; // the records are read one after the other
        }

        return [.. body, .. entries, .. tail];
    }

    private int Length() => random.Next(3) == 0 ? unchecked((int)Odd[random.Next(Odd.Length)]) : random.Next(1 << random.Next(1, 24));

    // The unpacked bytes are damaged and stored as they are.
    private byte[] Frame(FrameHeader header, ReadOnlySpan<byte> stored, out Sum128 sum)
    {
        byte[] raw;
        int contents = 0;
        if (header.Kind == FrameKind.SplitEntries)
        {
            contents = BinaryPrimitives.ReadInt32LittleEndian(stored);
            var records = new byte[header.RawLength - contents];
            Assert.True(BlockCodecs.Unpack(header.Codec, stored[(4 + contents)..], records));
            byte[] lists = stored.Slice(4, contents).ToArray();
            (records, lists) = random.Next(2) == 0 ? (Bytes(records), lists) : (records, Bytes(lists));
            var length = new byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(length, random.Next(10) == 0 ? unchecked((int)Odd[random.Next(Odd.Length)]) : lists.Length);
            contents = lists.Length;
            raw = [.. length, .. lists, .. records];
        }
        else
        {
            raw = new byte[header.RawLength];
            Assert.True(BlockCodecs.Unpack(header.Codec, stored, raw));
            raw = Bytes(raw);
        }

        int plain = random.Next(10) == 0 ? Length() : raw.Length - (header.Kind == FrameKind.SplitEntries ? 4 : 0);
        int items = random.Next(10) == 0 ? unchecked((int)Odd[random.Next(Odd.Length)]) : header.Items;
        FrameHeader damaged = (header with { Codec = random.Next(10) == 0 ? (byte)random.Next(5) : BlockCodecs.Stored, StoredLength = raw.Length, RawLength = plain, Items = items }).Seal(raw);
        sum = damaged.Checksum;
        var head = new byte[FrameHeader.Size];
        damaged.Write(head);
        return [.. head, .. raw];
    }

    // A list of blocks is damaged where it stands: its place is in the entries.
    private void List(List<byte> body, long end)
    {
        byte[] bytes = [.. body];
        for (long at = ObjectHeader.Size; at + FrameHeader.Size <= end;)
        {
            FrameHeader header = FrameHeader.Read(bytes.AsSpan((int)at));
            int start = (int)at + FrameHeader.Size;
            if (header.StoredLength < 0 || start + header.StoredLength > end)
            {
                return;
            }

            if (header.Kind is not (FrameKind.Entries or FrameKind.SplitEntries) && header.Codec == BlockCodecs.Stored && header.StoredLength > 0)
            {
                Span<byte> stored = bytes.AsSpan(start, header.StoredLength);
                byte[] damaged = Bytes(stored);
                damaged.AsSpan(0, Math.Min(damaged.Length, stored.Length)).CopyTo(stored);
                (header with { Items = random.Next(4) == 0 ? random.Next() : header.Items }).Seal(stored).Write(bytes.AsSpan((int)at));
            }

            at = start + header.StoredLength;
        }

        body.Clear();
        body.AddRange(bytes);
    }

    private static void Overwrite(List<byte> bytes, int at, ReadOnlySpan<byte> value)
    {
        for (int i = 0; i < value.Length && at + i < bytes.Count; i++)
        {
            bytes[at + i] = value[i];
        }
    }

    private static byte[] Varint(long value)
    {
        List<byte> bytes = [];
        ulong left = unchecked((ulong)value);
        for (; left > 127; left >>= 7)
        {
            bytes.Add((byte)((left & 127) | 128));
        }

        return [.. bytes, (byte)left];
    }

    private static byte[] Sealed(string head, byte[] body)
    {
        byte[] sum = SHA256.HashData([.. Encoding.ASCII.GetBytes(head), .. body]);
        return [.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{head}{Convert.ToHexStringLower(sum)}\n")), .. body];
    }
}
