using System.Collections;
using System.Buffers;
using StorageEngines.TarRsync.Manifests;

namespace StorageEngines.TarRsync.Store;

/// <summary>
/// Mark and sweep, by the holder of the lock. A pack without a live block goes; one that is a quarter dead or more is copied without the dead ones.
/// A copy is durable before its origin goes, so an end at any point loses nothing.
/// </summary>
internal sealed class GarbageCollector(StoreFiles files, BlockIndex index, int blockSize)
{
    private readonly Dictionary<string, BitArray> _live = [];

    /// <summary>Runs it.</summary>
    /// <param name="manifests">Every manifest whose blocks are needed. One that cannot be read stops the collection: nothing goes on a guess.</param>
    internal void Run(IEnumerable<ManifestFile> manifests)
    {
        IReadOnlyList<PackFile> packs = index.Packs();
        if (packs.Count == 0)
            return;
        foreach (ManifestFile manifest in manifests)
            Mark(manifest);
        bool changed = false;
        foreach (PackFile pack in packs)
            changed |= Sweep(pack);
        if (changed)
            index.Refresh();
    }

    private void Mark(ManifestFile manifest)
    {
        var reader = new ManifestReader(manifest);
        while (reader.MoveNext())
        {
            if (reader.Current.Content.Kind is FileContent.None or FileContent.Clone)
                continue;
            BlockCursor blocks = reader.Current.Content.Open(reader.Current.Size, blockSize);
            while (blocks.MoveNext())
            {
                if (!blocks.Block.IsHole)
                    Mark(blocks.Block.Id);
            }
        }
    }

    // After an interrupted collection a block may be in two packs; one of them is enough.
    private void Mark(BlockId id)
    {
        IReadOnlyList<(PackFile Pack, int Ordinal)> places = index.FindAll(id);
        if (places.Count == 0 || places.Any(p => IsLive(p.Pack, p.Ordinal)))
            return;
        (PackFile pack, int ordinal) = places.FirstOrDefault(p => p.Pack.Damage is null, places[0]);
        if (!_live.TryGetValue(pack.Path, out BitArray? bits))
            _live.Add(pack.Path, bits = new BitArray(ordinal + 64));
        if (bits.Length <= ordinal)
            bits.Length = Math.Max(ordinal + 1, bits.Length * 2);
        bits[ordinal] = true;
    }

    private bool IsLive(PackFile pack, int ordinal) => _live.TryGetValue(pack.Path, out BitArray? bits) && ordinal < bits.Length && bits[ordinal];

    private bool Sweep(PackFile pack)
    {
        if (pack.Damage is not null)
            return false; // What is left of a damaged pack may be all that there is; a person decides.
        PackEntry[] entries = pack.Load();
        List<PackEntry> live = [.. entries.Where((_, i) => IsLive(pack, i))];
        long liveBytes = live.Sum(e => (long)e.StoredLength);
        long allBytes = entries.Sum(e => (long)e.StoredLength);
        if (live.Count == entries.Length || allBytes - liveBytes < allBytes / 4)
            return false;
        if (live.Count > 0)
            Copy(pack, live);
        files.Remove(pack.Path);
        return true;
    }

    private void Copy(PackFile pack, List<PackEntry> live)
    {
        using var copy = new PackWriter(files.Packs);
        byte[] stored = ArrayPool<byte>.Shared.Rent(StoreFormat.MaxBlock);
        try
        {
            foreach (PackEntry entry in live)
            {
                if (!entry.IsSane)
                    throw StoreErrors.Corrupt(pack.Path, entry.Offset, $"the lengths of block {entry.Id} are impossible");
                pack.ReadStored(entry, stored);
                copy.Append(entry.Id, entry.PlainLength, entry.Codec, stored.AsSpan(0, entry.StoredLength));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(stored);
        }
        files.Step("publish .pack");
        copy.Seal();
        files.Step("published .pack");
    }
}
