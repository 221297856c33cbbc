using System.Buffers.Binary;

namespace StorageEngines.TarRsync.Store;

/// <summary>The 64 bytes at the head of packs and manifests. The layout is the same in every format version, so that an old program can name a newer one.</summary>
internal readonly record struct ObjectHeader(ulong Magic, ushort Major, ushort Minor, byte HashId, byte ChunkerId, byte FastHashId, int BlockSize, Guid Id)
{
    /// <summary>Bytes: 64.</summary>
    internal const int Size = 64;

    /// <summary>"SENGPACK".</summary>
    internal static readonly ulong PackMagic = BinaryPrimitives.ReadUInt64BigEndian("SENGPACK"u8);

    /// <summary>"SENGMANI".</summary>
    internal static readonly ulong ManifestMagic = BinaryPrimitives.ReadUInt64BigEndian("SENGMANI"u8);

    private const int Checked = 48;

    /// <summary>The header of a new pack: blocks of any chunker, of at most <see cref="StoreFormat.MaxBlock"/>.</summary>
    internal static ObjectHeader ForPack(Guid id)
        => new(PackMagic, StoreFormat.Major, StoreFormat.Minor, AlgorithmIds.Sha256, 0, 0, StoreFormat.MaxBlock, id);

    /// <summary>The header of a new manifest: fixed blocks of 64 KiB, chunks by content, and fast hashes.</summary>
    internal static ObjectHeader ForManifest(Guid id)
        => new(ManifestMagic, StoreFormat.Major, StoreFormat.Minor, AlgorithmIds.Sha256, AlgorithmIds.FastCdc, AlgorithmIds.KeyedXxh3, StoreFormat.BlockSize, id);

    /// <summary>Writes the header.</summary>
    internal void Write(Span<byte> bytes)
    {
        bytes[..Size].Clear();
        BinaryPrimitives.WriteUInt64BigEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[8..], Major);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[10..], Minor);
        bytes[12] = HashId;
        bytes[13] = ChunkerId;
        bytes[14] = FastHashId;
        BinaryPrimitives.WriteInt32LittleEndian(bytes[16..], BlockSize);
        Id.TryWriteBytes(bytes[32..], bigEndian: true, out _);
        Span<byte> hash = stackalloc byte[32];
        Sha256Sum.Of(bytes[..Checked], default, hash);
        hash[..16].CopyTo(bytes[Checked..]);
    }

    /// <summary>Reads and checks a header.</summary>
    /// <exception cref="CorruptDataException">It is cut short, damaged, or of another object.</exception>
    /// <exception cref="StorageEngineException">FormatTooNew.</exception>
    internal static ObjectHeader Read(ReadOnlySpan<byte> bytes, ulong magic, string name)
    {
        if (bytes.Length < Size)
            throw StoreErrors.Corrupt(name, bytes.Length, $"the file ends within its header of {Size} bytes");
        Span<byte> hash = stackalloc byte[32];
        Sha256Sum.Of(bytes[..Checked], default, hash);
        if (!hash[..16].SequenceEqual(bytes[Checked..Size]))
            throw StoreErrors.Corrupt(name, 0, "the header's checksum does not match");
        var header = new ObjectHeader(
            BinaryPrimitives.ReadUInt64BigEndian(bytes),
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[10..]),
            bytes[12],
            bytes[13],
            bytes[14],
            BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]),
            new Guid(bytes.Slice(32, 16), bigEndian: true));
        if (header.Magic != magic)
            throw StoreErrors.Corrupt(name, 0, "the file is not of the kind that its place says");
        if (header.Major > StoreFormat.Major)
            throw StoreErrors.TooNew(name, header.Major, StoreFormat.Major);
        if (header.HashId != AlgorithmIds.Sha256 || header.BlockSize is < 512 or > (1 << 24))
            throw StoreErrors.Corrupt(name, 12, "the header names an unknown hash or an impossible block size");
        return header;
    }
}
