using System.Buffers;
using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Store;

/// <summary>Reads blocks and checks each against its SHA-256. Safe for several threads.</summary>
internal sealed class BlockReader(BlockIndex index, string directory)
{
    private const int MostLooks = 8;

    /// <summary>Reads a block; a hole gives zeroes.</summary>
    /// <param name="block">The block.</param>
    /// <param name="destination">At least the block's length.</param>
    /// <returns>The block's length in bytes.</returns>
    /// <exception cref="CorruptDataException">The block is missing or damaged.</exception>
    internal int Read(BlockRef block, Span<byte> destination)
    {
        destination = destination[..block.Length];
        if (block.IsHole)
        {
            destination.Clear();
            return block.Length;
        }
        // A collection may move a block while we look at it: whoever does not find it looks again, in the packs that are there then.
        for (int look = 1; ; look++)
        {
            int generation = index.Generation;
            if (TryRead(block, destination, final: look == MostLooks))
                return block.Length;
            if (look == MostLooks || !index.RefreshIfChanged(generation))
                throw StoreErrors.Corrupt($"{directory}: block {block.Id}", null, Missing());
        }
    }

    private bool TryRead(BlockRef block, Span<byte> destination, bool final)
    {
        if (!index.TryFind(block.Id, toRead: true, out PackFile pack, out PackEntry entry))
            return false;
        if (entry.PlainLength != block.Length)
            throw StoreErrors.Corrupt(pack.Path, entry.Offset, $"block {block.Id} has {entry.PlainLength} bytes where the manifest says {block.Length}");
        if (!entry.IsSane)
            throw StoreErrors.Corrupt(pack.Path, entry.Offset, $"the lengths of block {block.Id} are impossible");
        byte[] rented = entry.StoredLength > PackWindow.Size ? ArrayPool<byte>.Shared.Rent(entry.StoredLength) : [];
        try
        {
            ReadOnlySpan<byte> stored = pack.Stored(entry, rented);
            if (!BlockCodecs.Unpack(entry.Codec, stored, destination) || BlockId.Of(destination) != block.Id)
                throw StoreErrors.Corrupt(pack.Path, entry.Offset, $"block {block.Id} is damaged");
            return true;
        }
        catch (PosixException error) when (!final && error.Errno is Errno.ENOENT or Errno.ESTALE)
        {
            return false;
        }
        catch (PosixException error)
        {
            throw StoreErrors.From(error, $"The pack '{pack.Path}' cannot be read");
        }
        finally
        {
            if (rented.Length > 0)
                ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private string Missing()
    {
        CorruptDataException? damage = index.Damages().FirstOrDefault();
        return damage is null ? "it is in no pack of the store" : $"it is in no whole pack of the store; {damage.Message}";
    }
}
