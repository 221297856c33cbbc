using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Tests.Manifests;

/// <summary>Lists of chunks from a hostile manifest: every byte cut off, bits turned, lengths made up. Only the one error is possible, and no memory beyond the bytes.</summary>
public sealed class ChunkListFuzzTests
{
    [Fact]
    public void A_list_comes_back_and_damaged_ones_are_refused_or_still_fit()
    {
        ChunkWindow window = Window(out long end);
        var output = new ByteBuffer(64);
        ChunkRuns.Append(output, window, 0);
        byte[] bytes = output.Span.ToArray();
        var back = new ChunkWindow();
        ChunkRuns.Read(new SpanReader(bytes, "test", 0), new ListFrame(0, 0, 0, end), 4096, back);
        Assert.Equal(window.Ids[..window.Count], back.Ids[..back.Count]);
        Assert.Equal(window.Ends[..window.Count], back.Ends[..back.Count]);
        for (int length = 0; length < bytes.Length; length++)
            Assert.Throws<CorruptDataException>(() => ChunkRuns.Read(new SpanReader(bytes.AsSpan(0, length), "test", 0), new ListFrame(0, 0, 0, end), 4096, back));
        var random = new Random(1);
        for (int i = 0; i < 20_000; i++)
            TryRead(Mutate(bytes, random), end, back);
    }

    [Fact]
    public void Places_of_frames_are_checked()
    {
        var random = new Random(2);
        foreach (byte kind in new[] { FileContent.Framed, FileContent.FramedHashed, FileContent.ChunksFramed })
        {
            long stretch = (long)FileContent.BlocksPerFrame * StoreFormat.BlockSize, size = (3 * stretch) + 5;
            ListFrame[] frames = [new(100, 200, 0, stretch), new(0, 0, stretch, 2 * stretch), new(300, 0, 2 * stretch, 3 * stretch), new(500, 600, 3 * stretch, size)];
            var output = new ByteBuffer(64);
            ListFrame.Append(output, kind, frames);
            byte[] bytes = output.Span.ToArray();
            ListFrame[] back = ListFrame.Read(new FileContent(bytes, null), size, StoreFormat.BlockSize);
            Assert.Equal(frames.Select(f => (f.List, kind == FileContent.Framed ? 0 : f.Hashes, f.Start, f.End)), back.Select(f => (f.List, f.Hashes, f.Start, f.End)));
            for (int length = 1; length < bytes.Length; length++)
                Assert.Throws<CorruptDataException>(() => ListFrame.Read(new FileContent(bytes.AsMemory(0, length), null), size, StoreFormat.BlockSize));
            for (int i = 0; i < 20_000; i++)
            {
                byte[] damaged = Mutate(bytes, random);
                damaged[0] = kind;
                try
                {
                    Assert.Equal(size, ListFrame.Read(new FileContent(damaged, null), size, StoreFormat.BlockSize)[^1].End);
                }
                catch (CorruptDataException error)
                {
                    Assert.NotEmpty(error.Message);
                }
            }
        }
    }

    [Fact]
    public void A_cursor_over_a_damaged_list_ends_or_is_refused()
    {
        var output = new ByteBuffer(64);
        output.Append([FileContent.ChunksInline]);
        ChunkRuns.Append(output, Window(out long end), 0);
        byte[] bytes = output.Span.ToArray();
        var random = new Random(3);
        for (int i = 0; i < 3000; i++)
        {
            byte[] damaged = i == 0 ? bytes : Mutate(bytes, random);
            damaged[0] = FileContent.ChunksInline;
            try
            {
                BlockCursor cursor = new FileContent(damaged, null).Open(end);
                cursor.Seek(random.NextInt64(end));
                long at = -1;
                for (int steps = 0; steps < 2000 && cursor.MoveNext(); steps++)
                {
                    Assert.True(cursor.Offset > at && cursor.Block.Length is > 0 and <= StoreFormat.MaxBlock && cursor.Offset + cursor.Block.Length <= end);
                    at = cursor.Offset;
                }
            }
            catch (CorruptDataException error)
            {
                Assert.NotEqual(0, i);
                Assert.NotEmpty(error.Message);
            }
        }
    }

    private static void TryRead(byte[] bytes, long end, ChunkWindow window)
    {
        try
        {
            ChunkRuns.Read(new SpanReader(bytes, "test", 0), new ListFrame(0, 0, 0, end), 4096, window);
            Assert.Equal(end, window.Ends[window.Count - 1]);
            Assert.InRange(window.Count, 1, bytes.Length);
        }
        catch (CorruptDataException error)
        {
            Assert.NotEmpty(error.Message);
        }
    }

    private static byte[] Mutate(byte[] bytes, Random random)
    {
        byte[] damaged = [.. bytes];
        for (int i = random.Next(1, 4); i > 0; i--)
            damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
        return damaged;
    }

    private static ChunkWindow Window(out long end)
    {
        var window = new ChunkWindow();
        end = 0;
        for (int i = 0; i < 40; i++)
            window.Add(new BlockId((ulong)i + 1, 2, 3, 4), end += 1000 + i);
        window.Add(default, end += 1L << 40);
        for (int i = 0; i < 7; i++)
            window.Add(new BlockId(9, 2, 3, (ulong)i), end += 300_000);
        window.Add(default, end += 77);
        return window;
    }
}
