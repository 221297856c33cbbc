namespace StorageEngines.TarRsync.Manifests;

/// <summary>A part of a long list of blocks: where its frames are in the manifest, and which bytes of the file it covers.</summary>
/// <param name="List">The offset of the frame with the blocks; 0 if all of it is a hole.</param>
/// <param name="Hashes">The offset of the frame with their fast hashes; 0 if there is none.</param>
/// <param name="Start">The first byte of the file.</param>
/// <param name="End">The byte behind the last one.</param>
internal readonly record struct ListFrame(long List, long Hashes, long Start, long End)
{
    /// <summary>Reads where the frames of a file are.</summary>
    /// <param name="content">A list of one of the framed kinds.</param>
    /// <param name="size">The file's size in bytes.</param>
    /// <param name="blockSize">Bytes of a fixed block.</param>
    internal static ListFrame[] Read(FileContent content, long size, int blockSize)
    {
        var input = new SpanReader(content.Encoded.Span, content.SourceName, 0, 1);
        long stretch = (long)blockSize * FileContent.BlocksPerFrame;
        ulong count = input.ReadVarint();
        // Each frame takes a byte at least, so the bytes that are there bound what is allocated.
        bool possible = count <= (ulong)input.Remaining && (content.Kind == FileContent.ChunksFramed || count == (ulong)(size == 0 ? 0 : ((size - 1) / stretch) + 1));
        if (!possible)
            throw input.Corrupt("the number of list frames does not fit the file's size");
        var frames = new ListFrame[count];
        long start = 0;
        for (int i = 0; i < frames.Length; i++)
        {
            long list = input.ReadInt64();
            long hashes = content.Kind == FileContent.Framed ? 0 : input.ReadInt64();
            long length = content.Kind == FileContent.ChunksFramed ? input.ReadInt64() : Math.Min(stretch, size - start);
            if (length <= 0 || length > size - start)
                throw input.Corrupt("a list frame covers bytes that the file does not have");
            frames[i] = new ListFrame(list, hashes, start, start + length);
            start += length;
        }
        return input.AtEnd && start == size ? frames : throw input.Corrupt("the list frames do not cover the file, or bytes follow them");
    }

    /// <summary>Puts the content of an entry together.</summary>
    internal static void Append(ByteBuffer output, byte kind, ReadOnlySpan<ListFrame> frames)
    {
        output.Append([kind]);
        output.AppendVarint((ulong)frames.Length);
        foreach (ListFrame frame in frames)
        {
            output.AppendVarint((ulong)frame.List);
            if (kind != FileContent.Framed)
                output.AppendVarint((ulong)frame.Hashes);
            if (kind == FileContent.ChunksFramed)
                output.AppendVarint((ulong)(frame.End - frame.Start));
        }
    }
}
