using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Capture;

/// <summary>The fixed blocks that a file had in the snapshot before, one list frame at a time. Not thread-safe; what it has loaded may be read by several threads.</summary>
internal sealed class PreviousBlocks
{
    private readonly FileContent _content;
    private readonly ListFrame[] _frames;
    private readonly BlockCursor? _inline;
    private readonly long _size;

    internal PreviousBlocks(PreviousContent previous)
    {
        (_content, _size) = (previous.Content, previous.Size);
        _frames = previous.Content.IsFramed && !previous.Content.IsChunks ? ListFrame.Read(_content, _size, StoreFormat.BlockSize) : [];
        _inline = previous.Content.Kind == FileContent.Inline ? previous.Content.Open(previous.Size) : null;
    }

    /// <summary>The ids of a frame's blocks; the default value where nothing is known.</summary>
    internal BlockId[] Ids { get; } = new BlockId[FileContent.BlocksPerFrame];

    /// <summary>Their fast hashes; only if <see cref="HasHashes"/>.</summary>
    internal UInt128[] Hashes { get; } = new UInt128[FileContent.BlocksPerFrame];

    /// <summary>The blocks that are loaded have fast hashes.</summary>
    internal bool HasHashes { get; private set; }

    /// <summary>Loads the list frame of that number.</summary>
    internal void Load(long frame)
    {
        Array.Clear(Ids);
        HasHashes = false;
        if (_inline is not null && frame == 0)
        {
            for (int i = 0; _inline.MoveNext(); i++)
                Ids[i] = _inline.Block.Id;
        }
        else if (frame < _frames.Length)
        {
            const long Stretch = (long)FileContent.BlocksPerFrame * StoreFormat.BlockSize;
            int count = (int)Math.Min(FileContent.BlocksPerFrame, ((_size - (frame * Stretch) - 1) / StoreFormat.BlockSize) + 1);
            BlockRuns.ReadFrame(_content, _frames[frame].List, Ids.AsSpan(0, count));
            HasHashes = FastHashes.TryRead(_content, _frames[frame], Ids.AsSpan(0, count), Hashes);
        }
    }
}
