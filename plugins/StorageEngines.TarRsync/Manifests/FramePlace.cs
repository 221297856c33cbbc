namespace StorageEngines.TarRsync.Manifests;

/// <summary>
/// Where an entry frame is, with which path it begins, its checksum, and the fingerprint of its entries' statuses (<see cref="EntryStatus"/>), which is 0
/// if the frame cannot be taken over as it stands.
/// </summary>
internal sealed record FramePlace(long Offset, byte[] FirstPath, Sum128 Checksum, Sum128 Fingerprint)
{
    /// <summary>Appends the place to an index: varint offset, varint length of the path, the path, 16 bytes each of checksum and fingerprint.</summary>
    internal void Append(ByteBuffer index)
    {
        index.AppendVarint((ulong)Offset);
        index.AppendBlob(FirstPath);
        Checksum.Write(index.Extend(Sum128.Size));
        Fingerprint.Write(index.Extend(Sum128.Size));
    }

    /// <summary>Reads an index.</summary>
    internal static FramePlace[] ReadIndex(byte[] index, int count, string name, long offset)
    {
        var input = new SpanReader(index, name, offset);
        if (count < 0 || count > index.Length / 34)
            throw input.Corrupt("the index holds fewer frames than it says");
        var frames = new FramePlace[count];
        for (int i = 0; i < count; i++)
        {
            long at = input.ReadInt64();
            byte[] path = index[input.ReadBlob()];
            Sum128 checksum = Sum128.Read(input.ReadBytes(Sum128.Size));
            frames[i] = new FramePlace(at, path, checksum, Sum128.Read(input.ReadBytes(Sum128.Size)));
            if (i > 0 && (frames[i - 1].Offset >= at || TreeOrder.Compare(frames[i - 1].FirstPath, path) >= 0))
                throw input.Corrupt("the index is not in order");
        }
        return input.AtEnd ? frames : throw input.Corrupt("bytes follow the index");
    }
}
