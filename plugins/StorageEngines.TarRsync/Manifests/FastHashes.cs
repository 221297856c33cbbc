using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Manifests;

/// <summary>The frames of fast hashes: 16 bytes for each block of the list frame beside it, holes left out.</summary>
internal static class FastHashes
{
    /// <summary>Appends them.</summary>
    internal static void Append(ByteBuffer output, ReadOnlySpan<BlockId> ids, ReadOnlySpan<Sum128> hashes)
    {
        for (int i = 0; i < ids.Length; i++)
        {
            if (!ids[i].IsHole)
                hashes[i].Write(output.Extend(KeyedXxh3.HashLength));
        }
    }

    /// <summary>Reads them; false if there are none.</summary>
    /// <param name="content">The list.</param>
    /// <param name="frame">The part of it.</param>
    /// <param name="ids">The part's blocks.</param>
    /// <param name="hashes">Takes the hashes, 0 for holes.</param>
    internal static bool TryRead(FileContent content, ListFrame frame, ReadOnlySpan<BlockId> ids, Span<Sum128> hashes)
    {
        if (frame.Hashes == 0 || content.Owner is not { } owner)
            return false;
        byte[] bytes = owner.ReadFrame(frame.Hashes, FrameKind.FastHashes, out _);
        int at = 0;
        for (int i = 0; i < ids.Length; i++)
        {
            if (ids[i].IsHole)
            {
                hashes[i] = default;
                continue;
            }
            if (bytes.Length - at < KeyedXxh3.HashLength)
                throw StoreErrors.Corrupt(owner.Name, frame.Hashes, "there are fewer fast hashes than blocks");
            hashes[i] = Sum128.Read(bytes.AsSpan(at));
            at += KeyedXxh3.HashLength;
        }
        return at == bytes.Length ? true : throw StoreErrors.Corrupt(owner.Name, frame.Hashes, "there are more fast hashes than blocks");
    }
}
