using StorageEngines.TarRsync.Manifests;

namespace StorageEngines.TarRsync.Store.Upkeep;

/// <summary>
/// Lists the blocks of manifests. Most frames of a manifest are those of the one before it, byte for byte; a caller who has had a frame may pass over its like.
/// </summary>
/// <param name="seen">Asked for each frame: true to pass over it.</param>
/// <param name="visit">Told each block that is no hole; the entry is that which holds it.</param>
/// <param name="clone">Told each entry whose data is in a clone, or null.</param>
internal sealed class ManifestBlocks(Func<FramePlace, bool> seen, ManifestBlocks.Visitor visit, ManifestBlocks.CloneVisitor? clone = null)
{
    internal delegate void Visitor(in ManifestEntry entry, BlockRef block);

    internal delegate void CloneVisitor(in ManifestEntry entry);

    /// <summary>Lists the blocks of a manifest.</summary>
    /// <param name="file">The manifest.</param>
    /// <param name="ended">Told each frame that was listed, and whether its blocks follow from its bytes alone. Null if nobody wants to know.</param>
    /// <param name="damaged">Told each damaged frame; if null, the first one ends it with the exception.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CorruptDataException">A frame is damaged.</exception>
    internal void List(ManifestFile file, Action<Sum128, bool>? ended, Action<CorruptDataException>? damaged, CancellationToken cancellationToken)
    {
        // The file stays the caller's, so the reader is not disposed.
        var reader = new ManifestReader(file);
        for (int frame = 0; frame < file.Frames.Count; frame++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            FramePlace place = file.Frames[frame];
            try
            {
                if (!seen(place))
                    ended?.Invoke(place.Checksum, List(reader, frame, file.BlockSize));
            }
            catch (CorruptDataException error) when (damaged is not null && error.DamagedObject == file.Name)
            {
                damaged(error);
            }
        }
    }

    private bool List(ManifestReader reader, int frame, int blockSize)
    {
        bool alone = true;
        for (bool more = reader.GoTo(frame); more; more = reader.MoveNextInFrame())
        {
            FileContent content = reader.Current.Content;
            if (content.Kind == FileContent.None)
                continue;
            alone &= content.Kind is FileContent.Inline or FileContent.ChunksInline;
            if (content.Kind == FileContent.Clone)
            {
                clone?.Invoke(in reader.Current);
                continue;
            }
            BlockCursor blocks = content.Open(reader.Current.Size, blockSize);
            while (blocks.MoveNext())
            {
                if (!blocks.Block.IsHole)
                    visit(in reader.Current, blocks.Block);
                blocks.SkipHole();
            }
        }
        return alone;
    }
}
