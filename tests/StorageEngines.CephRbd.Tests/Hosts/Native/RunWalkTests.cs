using StorageEngines.CephRbd.Blocks;
using StorageEngines.CephRbd.Hosts.Native;
using StorageEngines.Posix;

namespace StorageEngines.CephRbd.Tests.Hosts.Native;

/// <summary>Small ranges are asked side by side and told in order, and nothing goes on when one fails or nobody listens.</summary>
public sealed class RunWalkTests
{
    private const int Threads = 6;
    private const long Small = 100;

    private readonly List<RawExtent> _told = [];
    private readonly CancellationTokenSource _stop = new();
    private int _asking, _mostAsking, _asked;

    [Fact]
    public void They_are_told_in_order_however_long_each_takes()
    {
        (long Start, long End)[] runs = [.. Enumerable.Range(0, 200).Select(i => (i * 1000L, (i * 1000L) + (i % 7 == 3 ? 500 : 50)))];
        List<long> alone = [];
        Assert.Equal(0, Run(runs, AnswerSlowly, (offset, length) =>
        {
            Assert.Equal(500, length);
            Assert.Equal(0, _asking); // Whatever was asked before is told already.
            alone.Add(offset);
            _told.Add(new RawExtent(offset, length, true));
            return 0;
        }));
        Assert.Equal(runs.Select(run => run.Start), _told.Select(each => each.Offset));
        Assert.Equal(runs.Where(run => run.End - run.Start == 500).Select(run => run.Start), alone);
        Assert.InRange(_mostAsking, 2, Threads);
    }

    [Fact]
    public void What_fails_ends_it_and_what_was_before_is_told()
    {
        (long, long)[] runs = [.. Enumerable.Range(0, 1000).Select(i => (i * 1000L, (i * 1000L) + 50))];
        Assert.Equal(-Errno.ETIMEDOUT, Run(runs, offset => offset == 20_000 ? -Errno.ETIMEDOUT : AnswerSlowly(offset), Never));
        Assert.Equal(20, _told.Count);
        Assert.InRange(_asked, 21, 20 + (5 * Threads));
    }

    [Fact]
    public void An_exception_is_the_callers()
    {
        (long, long)[] runs = [(0, 50), (1000, 1050), (2000, 2050)];
        Assert.Throws<TimeZoneNotFoundException>(() => Run(runs, offset => offset == 1000 ? throw new TimeZoneNotFoundException() : 0, Never));
        Assert.Single(_told);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Who_does_not_listen_any_more_is_not_told_and_nothing_is_asked_for_him(bool byToken)
    {
        (long, long)[] runs = [.. Enumerable.Range(0, 1000).Select(i => (i * 1000L, (i * 1000L) + 50))];
        int result = Run(runs, AnswerSlowly, Never, () =>
        {
            if (byToken)
            {
                _stop.Cancel();
            }

            return byToken ? 0 : -Errno.ECANCELED;
        });
        Assert.Equal(-Errno.ECANCELED, result);
        Assert.InRange(_told.Count, 10, byToken ? 10 + (4 * Threads) : 10);
        Assert.InRange(_asked, 10, 10 + (5 * Threads));
    }

    [Fact]
    public void A_single_thread_asks_all_of_them_alone()
    {
        List<long> alone = [];
        using var walk = new RunWalk(Ask(_ => throw new InvalidOperationException()), 1, Small, _stop.Token);
        Assert.Equal(0, walk.Run([(0, 50), (1000, 1050)], _ => throw new InvalidOperationException(), (offset, _) =>
        {
            alone.Add(offset);
            return 0;
        }));
        Assert.Equal([0, 1000], alone);
    }

    private static int Never(long offset, long length) => throw new InvalidOperationException();

    // Every third answer comes after those of some that were asked later, if there are any.
    private int AnswerSlowly(long offset)
    {
        int asked = Volatile.Read(ref _asked);
        _ = offset / 1000 % 3 == 0 && SpinWait.SpinUntil(() => Volatile.Read(ref _asked) > asked + 3, TimeSpan.FromMilliseconds(10));
        return 0;
    }

    private int Run(IEnumerable<(long, long)> runs, Func<long, int> answer, Func<long, long, int> alone, Func<int>? atTen = null)
    {
        using var walk = new RunWalk(Ask(answer), Threads, Small, _stop.Token);
        return walk.Run(
            runs,
            extent =>
            {
                _told.Add(extent);
                return _told.Count == 10 && atTen is not null ? atTen() : 0;
            },
            alone);
    }

    private unsafe DiffCall Ask(Func<long, int> answer) => (offset, length, whole, callback, self) =>
    {
        Interlocked.Increment(ref _asked);
        int asking = Interlocked.Increment(ref _asking);
        InterlockedMax(ref _mostAsking, asking);
        try
        {
            int result = answer(offset);
            return result < 0 ? result : callback((ulong)offset, (nuint)length, 1, self);
        }
        finally
        {
            Interlocked.Decrement(ref _asking);
        }
    };

    private static void InterlockedMax(ref int value, int candidate)
    {
        for (int seen = Volatile.Read(ref value); seen < candidate;)
        {
            int before = Interlocked.CompareExchange(ref value, candidate, seen);
            seen = before == seen ? candidate : before;
        }
    }
}
