using StorageEngines.CephRbd.Blocks;
using StorageEngines.CephRbd.Hosts.Native;
using StorageEngines.CephRbd.Images;
using StorageEngines.Posix;

namespace StorageEngines.CephRbd.Tests.Hosts.Native;

/// <summary>What librbd's call back tells goes to the reader in order and in little memory, whoever of the two is slower, and a reader who leaves ends it.</summary>
[Collection(nameof(DiffWalkTests))]
public sealed class DiffWalkTests
{
    // What may have been told and not yet read: eight batches in the queue, the one that waits for room there, and the one in the reader's hand.
    private const int BatchSize = 1024, MostWaiting = 10 * BatchSize;
    private const long Stride = 8192;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ten_million_extents_are_told_in_little_memory_however_slow_the_reader()
    {
        const int Count = 10_000_000;
        var cluster = new Cluster(Count);
        long before = GC.GetTotalMemory(forceFullCollection: true), read = 0, ahead = 0, most = 0, batches = 0;
        await using DiffWalk walk = cluster.Walk();
        await foreach (RawExtent[] batch in walk.ReadAsync(Cancel))
        {
            ahead = Math.Max(ahead, cluster.Told - read);
            foreach (RawExtent each in batch)
            {
                if (each != new RawExtent(read * Stride, 4096, read % 3 != 0))
                {
                    Assert.Fail($"{each} is not extent {read}");
                }

                read++;
            }

            if (++batches % 500 == 1)
            {
                await cluster.StandstillAsync(Cancel);
                most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true));
            }
        }

        Assert.Equal(0, await walk.EndAsync(Cancel));
        Assert.Equal((Count, Count), (read, cluster.Told));
        Assert.InRange(ahead, MostWaiting - BatchSize, MostWaiting);
        Assert.InRange(most - before, long.MinValue, 32 << 20); // All of them are 240 MB.
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_reader_who_leaves_ends_it_at_the_next_call_back(bool byToken)
    {
        var cluster = new Cluster(10_000_000);
        using var leave = new CancellationTokenSource();
        DiffWalk walk = cluster.Walk();
        int batches = 0;
        Task reading = Task.Run(async () =>
        {
            await foreach (RawExtent[] batch in walk.ReadAsync(leave.Token))
            {
                if (++batches == 20)
                {
                    await cluster.StandstillAsync(Cancel); // librbd's thread is held up in the call back.
                    if (!byToken)
                    {
                        break;
                    }

                    await leave.CancelAsync();
                }
            }
        });
        Exception? error = await Record.ExceptionAsync(() => reading);
        Assert.Equal(byToken, error is OperationCanceledException);
        long told = cluster.Told;
        await walk.DisposeAsync();
        Assert.Equal(-Errno.ECANCELED, await walk.EndAsync(Cancel));
        Assert.Equal(-Errno.ECANCELED, cluster.Answer);
        Assert.InRange(cluster.Told, told, told + 1);
        Assert.Equal(20, batches);
    }

    [Fact]
    public async Task Hybrid_asks_what_the_map_names_and_nothing_after_a_reader_left()
    {
        var cluster = new Cluster(100_000) { ObjectBytes = 1 << 20 };
        long read = 0;
        await using (DiffWalk walk = cluster.Walk(DiffMode.Hybrid))
        {
            await foreach (RawExtent[] batch in walk.ReadAsync(Cancel))
            {
                read += batch.Length;
            }

            Assert.Equal(0, await walk.EndAsync(Cancel));
        }

        Assert.Equal(100_000, read);
        Assert.Equal([(0, cluster.SizeBytes, true), (0, cluster.SizeBytes, false)], cluster.Asked);

        cluster.Asked.Clear();
        DiffWalk left = cluster.Walk(DiffMode.Hybrid);
        cluster.OnAsked = () => left.DisposeAsync().AsTask().Wait(Cancel);
        Assert.Empty(await left.ReadAsync(Cancel).ToListAsync(Cancel));
        Assert.Equal(-Errno.ECANCELED, await left.EndAsync(Cancel));
        Assert.Equal((0, cluster.SizeBytes, true), Assert.Single(cluster.Asked));
    }

    [Fact]
    public async Task What_is_no_offset_is_the_readers_error_and_no_exception_goes_through_librbd()
    {
        var cluster = new Cluster(10) { FirstOffset = ulong.MaxValue - 10 };
        await using DiffWalk walk = cluster.Walk();
        await Assert.ThrowsAsync<OverflowException>(async () => await walk.ReadAsync(Cancel).ToListAsync(Cancel));
        Assert.Equal((-Errno.ECANCELED, 1L), (cluster.Answer, cluster.Told));
    }

    /// <summary>By itself: what the tests beside it hold would be counted too.</summary>
    [CollectionDefinition(nameof(DiffWalkTests), DisableParallelization = true)]
    public sealed class Alone;

    /// <summary>Tells extents as librbd does: one call back after the other on the thread that asks, until one returns an error.</summary>
    private sealed class Cluster(long count)
    {
        private long _told;

        internal long ObjectBytes { get; init; } = 4 << 20;

        internal ulong FirstOffset { get; init; }

        internal Action OnAsked { get; set; } = () => { };

        internal List<(long Offset, long Length, bool Whole)> Asked { get; } = [];

        /// <summary>What the last call back returned.</summary>
        internal int Answer { get; private set; }

        internal long Told => Interlocked.Read(ref _told);

        internal long SizeBytes => count * Stride;

        internal unsafe DiffWalk Walk(DiffMode mode = DiffMode.Exact)
        {
            var snapshot = new RbdSnapshot(2, "b", SizeBytes, SnapshotSpace.User, default, IsProtected: false, Group: null);
            var image = new RbdImage(new ImageKey("c", 1, "", "i"), new ImagePath("rbd", "", "i"), SizeBytes, ObjectBytes, 1, RbdFeatures.ObjectMap | RbdFeatures.FastDiff);
            return new DiffWalk(image, new DiffRequest(snapshot with { Id = 1, Name = "a" }, snapshot, mode, 0), to => Assert.Equal(snapshot, to), Tell, parallel: 8);
        }

        /// <summary>Waits until nothing is told any more.</summary>
        internal async Task StandstillAsync(CancellationToken cancellationToken)
        {
            for (long last = -1; last != Told;)
            {
                last = Told;
                await Task.Delay(30, cancellationToken);
            }
        }

        private unsafe int Tell(long offset, long length, bool whole, delegate* unmanaged[Cdecl]<ulong, nuint, int, void*, int> callback, void* self)
        {
            Asked.Add((offset, length, whole));
            OnAsked();
            long step = whole ? ObjectBytes : Stride;
            for (long at = offset; at < offset + length; at += step)
            {
                _ = whole ? 0 : Interlocked.Increment(ref _told);
                Answer = callback(FirstOffset + (ulong)at, whole ? (nuint)ObjectBytes : 4096, at / Stride % 3 == 0 ? 0 : 1, self);
                if (Answer < 0)
                {
                    return Answer;
                }
            }

            return 0;
        }
    }
}
