using System.Buffers;
using System.Collections.Concurrent;
using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Store.Upkeep;

/// <summary>Checks packs: header, index, and unless it has to be quick every record and the SHA-256 of every block. Several packs at the same time.</summary>
internal sealed class PackChecker(SnapshotStore store, StoreCheckOptions options, Action<StoreDamage> tell)
{
    private const int MostDamaged = 1 << 20;

    private readonly ConcurrentDictionary<ulong, string> _damaged = new();
    private long _blocks;
    private long _bytes;

    /// <summary>Blocks that were checked.</summary>
    internal long Blocks => _blocks;

    /// <summary>Bytes that were read.</summary>
    internal long BytesRead => _bytes;

    /// <summary>The packs of blocks that cannot be read, by the first 8 bytes of the blocks' ids.</summary>
    internal ConcurrentDictionary<ulong, string> Damaged => _damaged;

    /// <summary>Checks all packs.</summary>
    internal void Run(CancellationToken cancellationToken)
    {
        string[] packs = store.PackPaths();
        long total = options.Quick ? 0 : packs.Sum(path => new FileInfo(path) is { Exists: true } file ? file.Length : 0);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, options.Parallelism), CancellationToken = cancellationToken };
        int done = 0;
        Parallel.ForEach(packs, parallel, path =>
        {
            try
            {
                Check(path, cancellationToken);
            }
            catch (PosixException error) when (error.Errno is Errno.ENOENT or Errno.ESTALE)
            {
                return; // Collected meanwhile.
            }
            catch (PosixException error)
            {
                tell(new StoreDamage(path, null, StoreErrors.From(error, "the pack cannot be read").Message));
            }
            options.Progress?.Report(new OperationProgress("packs", Interlocked.Read(ref _bytes), options.Quick ? null : total, Interlocked.Increment(ref done), packs.Length));
        });
    }

    private void Check(string path, CancellationToken cancellationToken)
    {
        using var pack = new PackFile(path);
        PackEntry[] entries = pack.Load();
        if (pack.Damage is { } damage)
            tell(Damages.Of(damage));
        Interlocked.Add(ref _blocks, entries.Length);
        Interlocked.Add(ref _bytes, (long)entries.Length * PackEntry.Size);
        if (options.Quick)
            return;
        byte[] stored = ArrayPool<byte>.Shared.Rent(StoreFormat.BlockSize);
        byte[] plain = ArrayPool<byte>.Shared.Rent(StoreFormat.BlockSize);
        try
        {
            foreach (PackEntry entry in entries)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Check(pack, entry, ref stored, ref plain);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(stored);
            ArrayPool<byte>.Shared.Return(plain);
        }
    }

    private void Check(PackFile pack, PackEntry entry, ref byte[] stored, ref byte[] plain)
    {
        if (!entry.IsSane)
        {
            Tell(pack, entry, $"the lengths of block {entry.Id} are impossible");
            return;
        }
        Grow(ref stored, entry.StoredLength);
        Grow(ref plain, entry.PlainLength);
        try
        {
            if (!pack.TryHead(entry.Offset, out PackEntry head) || head != entry)
                tell(new StoreDamage(pack.Path, entry.Offset, $"the head of the record of block {entry.Id} is damaged; the pack's index has it too, so that nothing is lost"));
            pack.ReadStored(entry, stored);
            Span<byte> content = plain.AsSpan(0, entry.PlainLength);
            if (!BlockCodecs.Unpack(entry.Codec, stored.AsSpan(0, entry.StoredLength), content) || BlockId.Of(content) != entry.Id)
                Tell(pack, entry, $"block {entry.Id} is damaged");
        }
        catch (CorruptDataException error)
        {
            Tell(pack, entry, Damages.Of(error).Detail);
        }
        Interlocked.Add(ref _bytes, entry.StoredLength);
    }

    private void Tell(PackFile pack, PackEntry entry, string detail)
    {
        if (_damaged.Count < MostDamaged)
            _damaged.TryAdd(entry.Id.A, pack.Path);
        tell(new StoreDamage(pack.Path, entry.Offset, detail));
    }

    private static void Grow(ref byte[] buffer, int length)
    {
        if (buffer.Length >= length)
            return;
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = ArrayPool<byte>.Shared.Rent(length);
    }
}
