using System.Buffers;
using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Store.Upkeep;

/// <summary>
/// Copies what is needed out of packs that hold much that is not, and out of small ones. A copy is durable before its origin is given up, so that an end at
/// any point loses nothing; the lock is held for a few packs at a time.
/// </summary>
internal sealed class Repacker(StoreSession session, StoreRepackOptions options, CancellationToken cancellationToken)
{
    private const long SliceBytes = 128L << 20;
    private const int SlicePacks = 512;
    private const int BatchBlocks = 1 << 20;

    private readonly HashSet<PackId> _rewritten = [];
    private long _written;
    private long _copied;
    private long _skipped;

    /// <summary>Repacks and collects.</summary>
    internal StoreRepackReport Run()
    {
        if (options.UnusedShare is not (> 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(options), options.UnusedShare, "The share has to be above 0 and at most 1.");
        using SnapshotStore store = session.Read();
        using var reachable = new Reachability(store);
        reachable.Mark(store, options.Collect.Progress, cancellationToken);
        reachable.Measure(store.Leaving(), cancellationToken);
        List<int> chosen = Choose(store, reachable);
        long total = chosen.Sum(pack => reachable.Use[pack].LiveBytes);
        for (int start = 0; start < chosen.Count;)
        {
            int end = start;
            for (long blocks = 0; end < chosen.Count && (end == start || blocks + reachable.Use[chosen[end]].LiveBlocks <= BatchBlocks); end++)
                blocks += reachable.Use[chosen[end]].LiveBlocks;
            Batch(reachable, chosen[start..end], total);
            start = end;
        }
        StoreCollectReport collected = Collector.Sweep(session, reachable, _rewritten, options.Collect, cancellationToken);
        return new StoreRepackReport(_rewritten.Count, _written, _copied, _skipped, collected);
    }

    private List<int> Choose(SnapshotStore store, Reachability reachable)
    {
        IReadOnlySet<PackId> leaving = store.Leaving();
        HashSet<string> damaged = [.. reachable.Index.Damaged.Select(pack => pack.Path)];
        var chosen = new List<int>();
        var small = new List<int>();
        for (int i = 0; i < reachable.Use.Length; i++)
        {
            PackUse use = reachable.Use[i];
            if (use.LiveBlocks == 0 || leaving.Contains(reachable.Index.Packs[i]) || damaged.Contains(store.PackPath(reachable.Index.Packs[i])))
                continue;
            if (use.UnusedBytes >= use.Bytes * options.UnusedShare)
                chosen.Add(i);
            else if (use.LiveBytes < StoreFormat.PackTarget / 4)
                small.Add(i);
        }
        if (small.Count + chosen.Count > 1)
            chosen.AddRange(small);
        return chosen;
    }

    private void Batch(Reachability reachable, List<int> packs, long total)
    {
        Dictionary<int, List<uint>> live = reachable.Live(packs);
        for (int start = 0; start < packs.Count;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int end = start;
            for (long bytes = 0; end < packs.Count && end - start < SlicePacks && bytes < SliceBytes; end++)
                bytes += reachable.Use[packs[end]].LiveBytes;
            List<int> slice = packs[start..end];
            session.Write(
                store =>
                {
                    // A snapshot that came meanwhile may need a block that nobody needed before.
                    if (reachable.Mark(store, null, cancellationToken))
                    {
                        reachable.Measure(store.Leaving(), cancellationToken);
                        live = reachable.Live(packs);
                    }
                    Slice(store, reachable, slice, live);
                },
                cancellationToken);
            options.Collect.Progress?.Report(new OperationProgress("repack", _copied, Math.Max(total, _copied)));
            start = end;
        }
    }

    private void Slice(SnapshotStore store, Reachability reachable, List<int> packs, Dictionary<int, List<uint>> live)
    {
        var gone = new List<PackId>();
        PackWriter? copy = null;
        try
        {
            foreach (int number in packs)
            {
                cancellationToken.ThrowIfCancellationRequested();
                PackId id = reachable.Index.Packs[number];
                if (TryCopy(store, id, live[number], ref copy))
                    gone.Add(id);
                else
                    _skipped++;
            }
            if (copy is not null)
                Seal(store, copy);
        }
        finally
        {
            copy?.Dispose();
        }
        _rewritten.UnionWith(gone);
        store.NoteGarbage(gone.Select(store.PackPath), session.Time.GetUtcNow());
        if (options.Collect.Grace == TimeSpan.Zero)
            return; // The collection at the end removes them: a reader that looks now still finds them.
        store.SaveIndex();
    }

    private bool TryCopy(SnapshotStore store, PackId id, List<uint> offsets, ref PackWriter? copy)
    {
        using var pack = new PackFile(store.PackPath(id));
        byte[] stored = ArrayPool<byte>.Shared.Rent(StoreFormat.BlockSize);
        byte[] plain = ArrayPool<byte>.Shared.Rent(StoreFormat.BlockSize);
        try
        {
            foreach (uint offset in offsets)
            {
                if (!pack.TryHead(offset, out PackEntry entry))
                    return false;
                Grow(ref stored, entry.StoredLength);
                Grow(ref plain, entry.PlainLength);
                pack.ReadStored(entry, stored);
                ReadOnlySpan<byte> bytes = stored.AsSpan(0, entry.StoredLength);
                Span<byte> content = plain.AsSpan(0, entry.PlainLength);
                if (!BlockCodecs.Unpack(entry.Codec, bytes, content) || BlockId.Of(content) != entry.Id)
                    return false; // Damage is not carried on: the pack stays as it is, for a check to name.
                copy ??= store.NewPack();
                copy.Append(entry.Id, entry.PlainLength, entry.Codec, bytes);
                _copied += entry.StoredLength;
                if (copy.Length >= StoreFormat.PackTarget)
                {
                    Seal(store, copy);
                    copy.Dispose();
                    copy = null;
                }
            }
            return true;
        }
        catch (CorruptDataException)
        {
            return false;
        }
        catch (PosixException error)
        {
            throw StoreErrors.From(error, $"The pack '{pack.Path}' cannot be read");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(stored);
            ArrayPool<byte>.Shared.Return(plain);
        }
    }

    private static void Grow(ref byte[] buffer, int length)
    {
        if (buffer.Length >= length)
            return;
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = ArrayPool<byte>.Shared.Rent(length);
    }

    private void Seal(SnapshotStore store, PackWriter copy)
    {
        store.SealPack(copy);
        _written++;
    }
}
