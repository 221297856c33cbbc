using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Reflink;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Restore;

/// <summary>Writes the blocks of a snapshot's file into an open file. Not thread-safe.</summary>
internal sealed class ContentWriter(BlockReader blocks, Action<long>? advanced)
{
    private readonly byte[] _wanted = new byte[StoreFormat.MaxBlock];
    private readonly byte[] _present = new byte[StoreFormat.MaxBlock];

    /// <summary>Fills a new, empty file; holes stay holes.</summary>
    /// <exception cref="PosixException">It cannot be written.</exception>
    /// <exception cref="CorruptDataException">A stored block is damaged.</exception>
    internal void Fill(SafeFileHandle file, in ManifestEntry entry, CancellationToken cancellationToken)
    {
        if (entry.Content.Kind == FileContent.Clone)
        {
            CloneRestore.Fill(file, in entry, advanced, cancellationToken);
            return;
        }

        FileWriting.Truncate(file, entry.Size);
        BlockCursor cursor = entry.Content.Open(entry.Size);
        while (cursor.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!cursor.Block.IsHole)
            {
                int length = blocks.Read(cursor.Block, _wanted);
                FileWriting.WriteAt(file, _wanted.AsSpan(0, length), cursor.Offset);
            }

            advanced?.Invoke(cursor.Block.Length);
        }
    }

    /// <summary>Makes an existing file equal, writing only the blocks that differ.</summary>
    /// <returns>True if anything had to be written.</returns>
    /// <exception cref="PosixException">It cannot be read or written.</exception>
    /// <exception cref="CorruptDataException">A stored block is damaged.</exception>
    internal bool Update(SafeFileHandle file, in ManifestEntry entry, bool isDevice)
    {
        if (entry.Content.Kind == FileContent.Clone)
        {
            return CloneRestore.Update(file, in entry, isDevice, advanced);
        }

        bool changed = false;
        if (!isDevice && FileHandle.GetLength(file) != entry.Size)
        {
            FileWriting.Truncate(file, entry.Size);
            changed = true;
        }

        BlockCursor cursor = entry.Content.Open(entry.Size);
        FileSegment live = default;
        while (cursor.MoveNext())
        {
            // Where both have a hole there is nothing to read.
            long end = cursor.Offset + cursor.Block.Length;
            if (cursor.Block.IsHole && live.End <= cursor.Offset && !FileSegments.TryNextData(file, cursor.Offset, entry.Size, out live))
            {
                live = new FileSegment(entry.Size, 1);
            }

            changed |= !(cursor.Block.IsHole && live.Offset >= end) && UpdateBlock(file, cursor.Block, cursor.Offset);
            advanced?.Invoke(cursor.Block.Length);
        }

        return changed;
    }

    private bool UpdateBlock(SafeFileHandle file, BlockRef block, long offset)
    {
        Span<byte> present = _present.AsSpan(0, block.Length);
        int count = FileHandle.ReadAt(file, present, offset);
        present[count..].Clear();
        if (block.IsHole)
        {
            bool zero = !present.ContainsAnyExcept((byte)0);
            if (!zero)
            {
                FileWriting.PunchHole(file, offset, block.Length);
            }

            return !zero;
        }

        if (count == block.Length && BlockId.Of(present) == block.Id)
        {
            return false;
        }

        int length = blocks.Read(block, _wanted);
        FileWriting.WriteAt(file, _wanted.AsSpan(0, length), offset);
        return true;
    }
}
