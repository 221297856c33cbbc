using StorageEngines.Streams;

namespace StorageEngines.LvmThin.Tests.Streams;

/// <summary>Which pieces are fetched; the class is compiled into every engine that reads from another host.</summary>
public sealed class PiecewiseStreamTests
{
    private const int Small = 64 << 10;

    [Fact]
    public async Task Pieces_grow_where_reads_follow_and_are_small_after_a_jump()
    {
        using var stream = new Pieces((16 << 20) + 5);
        await ReadAsync(stream, 0, (int)stream.Length);
        Assert.Equal([Small, 4 * Small, 16 * Small, 4 << 20, 4 << 20, 4 << 20, (int)stream.Length - (21 * Small) - (12 << 20)], stream.Sizes);
        stream.Sizes.Clear();
        await ReadAsync(stream, 12345, Small + 1);
        Assert.Equal([Small, 4 * Small], stream.Sizes);
    }

    [Fact]
    public async Task A_large_buffer_is_filled_at_once_up_to_the_largest_piece()
    {
        using var stream = new Pieces(16 << 20);
        Assert.Equal(1 << 20, await stream.ReadAsync(new byte[1 << 20]));
        Assert.Equal(4 << 20, await stream.ReadAsync(new byte[5 << 20]));
        Assert.Equal([1 << 20, 4 << 20], stream.Sizes);
    }

    [Fact]
    public async Task A_piece_ends_where_the_stream_does()
    {
        using var stream = new Pieces(100);
        await ReadAsync(stream, 90, 10);
        Assert.Equal([10], stream.Sizes);
        Assert.Equal(0, await stream.ReadAsync(new byte[1]));
        stream.Position = 1000;
        Assert.Equal(0, await stream.ReadAsync(new byte[1]));
        Assert.Equal([10], stream.Sizes);
    }

    [Fact]
    public async Task What_is_known_of_the_beginning_is_not_fetched()
    {
        using var stream = new Pieces(1 << 20, Small);
        await ReadAsync(stream, 0, Small);
        Assert.Empty(stream.Sizes);
        await ReadAsync(stream, Small, 1);
        Assert.Equal([4 * Small], stream.Sizes);
    }

    [Fact]
    public async Task Nothing_is_read_once_it_is_closed_or_with_a_cancel()
    {
        var stream = new Pieces(100, 100);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stream.ReadExactlyAsync(new byte[1], new CancellationToken(canceled: true)).AsTask());
        stream.IsClosed = true;
        await Assert.ThrowsAsync<ObjectDisposedException>(() => stream.ReadExactlyAsync(new byte[1]).AsTask());
    }

    private static byte At(long offset) => (byte)(offset % 251);

    private static async Task ReadAsync(Pieces stream, long from, int count)
    {
        stream.Position = from;
        byte[] buffer = new byte[4096];
        for (int done = 0, got; done < count; done += got)
        {
            got = await stream.ReadAsync(buffer.AsMemory(0, Math.Min(buffer.Length, count - done)));
            Assert.True(got > 0);
            for (int i = 0; i < got; i++)
            {
                Assert.True(buffer[i] == At(from + done + i), $"byte {from + done + i}");
            }
        }
    }

    private sealed class Pieces(long length, int known = 0) : PiecewiseStream(Bytes(0, known))
    {
        internal List<int> Sizes { get; } = [];

        internal bool IsClosed { get; set; }

        public override bool CanRead => !IsClosed;

        public override long Length => length;

        protected override Task<byte[]> FetchAsync(long offset, int size, CancellationToken cancellationToken)
        {
            Sizes.Add(size);
            return Task.FromResult(Bytes(offset, size));
        }

        private static byte[] Bytes(long offset, int size)
        {
            byte[] bytes = new byte[size];
            for (int i = 0; i < size; i++)
            {
                bytes[i] = At(offset + i);
            }

            return bytes;
        }
    }
}
