using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace StorageEngines.Tests.Fleets;

/// <summary>How a query ends: by its reader, by its caller, by a list that fails; and what it holds meanwhile.</summary>
public sealed class FleetEndTests
{
    private readonly FleetEngine _engine = new();
    private int _batches;

    [Fact]
    public async Task A_reader_that_leaves_early_leaves_nothing_running()
    {
        await _engine.WithPairsAsync(30);
        _engine.OnDelta = (_, token) => Endless(token);
        await foreach (FleetEvent each in FleetChanges.QueryAsync(_engine, new FleetOptions { WithExtents = true, Parallel = 8 }, TestContext.Current.CancellationToken))
        {
            Assert.IsType<FleetExtents>(each);
            break;
        }

        Assert.Equal((0, 0L), (_engine.Asking, _engine.Inner.Counters.OpenOperations));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Cancelling_in_the_middle_ends_everything(bool whileReading)
    {
        await _engine.WithPairsAsync(30);
        _engine.OnDelta = (name, token) => name == "v00" ? null : Endless(token);
        using var cancel = new CancellationTokenSource();
        int told = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (FleetEvent each in FleetChanges.QueryAsync(_engine, new FleetOptions { WithExtents = whileReading, Parallel = 4 }, cancel.Token))
            {
                told++;
                await cancel.CancelAsync();
            }
        });
        Assert.Equal(1, told);
        Assert.Equal((0, 0L), (_engine.Asking, _engine.Inner.Counters.OpenOperations));
    }

    [Fact]
    public async Task A_query_that_is_cancelled_before_it_begins_asks_nothing()
    {
        await _engine.WithPairsAsync(1);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await FleetChanges.QueryAsync(_engine, new FleetOptions(), new CancellationToken(canceled: true)).ToListAsync());
        Assert.Equal(0, _engine.MostAsking);
    }

    [Fact]
    public async Task Cancelling_while_it_lists_ends_it()
    {
        await _engine.WithPairsAsync(3);
        using var cancel = new CancellationTokenSource();
        _engine.OnListed = snapshot =>
        {
            cancel.Cancel();
            return snapshot;
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await FleetChanges.QueryAsync(_engine, new FleetOptions(), cancel.Token).ToListAsync(CancellationToken.None));
        Assert.Equal(0L, _engine.Inner.Counters.OpenOperations);
    }

    [Fact]
    public async Task A_list_that_fails_ends_the_query_after_what_was_asked_is_told()
    {
        await _engine.WithPairsAsync(4);
        var lost = new StorageEngineException(EngineStatus.Unavailable, EngineReason.ConnectionLost, Recovery.Retry, "lost");
        _engine.OnListed = snapshot => snapshot.Ref is { Name: "b", Volume.Name: "v02" } ? throw lost : snapshot;
        var told = new List<string>();
        StorageEngineException error = await Assert.ThrowsAsync<StorageEngineException>(async () =>
        {
            await foreach (FleetEvent each in FleetChanges.QueryAsync(_engine, new FleetOptions { TargetName = "b" }, TestContext.Current.CancellationToken))
            {
                told.Add(Assert.IsType<FleetResult>(each).Volume.Name!);
            }
        });
        Assert.Same(lost, error);
        Assert.Equal(["v00", "v01"], told.Order());

        _engine.OnListed = null;
        _engine.OnVolume = volume => volume.Ref.Name == "v02" ? throw lost : volume;
        Assert.Same(lost, await Assert.ThrowsAsync<StorageEngineException>(async () => await FleetChanges.QueryAsync(_engine, new FleetOptions(), TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken)));
    }

    [Fact]
    public async Task A_slow_reader_holds_the_volumes_up()
    {
        const int Parallel = 4;
        await _engine.WithPairsAsync(10);
        _engine.OnDelta = (_, token) => Endless(token);
        int read = 0;
        await foreach (FleetEvent each in FleetChanges.QueryAsync(_engine, new FleetOptions { WithExtents = true, Parallel = Parallel }, TestContext.Current.CancellationToken))
        {
            if (++read == 50)
            {
                break;
            }

            // What was made and not read: as many batches as wait to be read, and one in the hand of each who asks.
            await Task.Delay(1, TestContext.Current.CancellationToken);
            Assert.InRange(Volatile.Read(ref _batches) - read, 0, 2 * Parallel);
        }
    }

    [Fact]
    public async Task Of_a_million_extents_a_few_batches_are_held_at_a_time()
    {
        const int Parallel = 4, Batches = 250, PerBatch = 1000;
        await _engine.WithPairsAsync(Parallel);
        var made = new ConcurrentBag<WeakReference>();
        _engine.OnDelta = (_, token) => Counted(Batches, PerBatch, made, token);
        long extents = 0;
        await foreach (FleetEvent each in FleetChanges.QueryAsync(_engine, new FleetOptions { WithExtents = true, Parallel = Parallel }, TestContext.Current.CancellationToken))
        {
            if (each is FleetExtents some && (extents += some.Batch.Extents.Count) % (100 * PerBatch) == 0)
            {
                GC.Collect();
                Assert.InRange(made.Count(batch => batch.IsAlive), 0, 4 * Parallel); // Of each volume one waits, one is in the hand of who asks, one is being made; and some that are about to go.
            }
        }

        Assert.Equal(Parallel * Batches * PerBatch, extents);
    }

    private static ExtentBatch Batch(long number, int count)
    {
        var extents = new Extent[count];
        for (int i = 0; i < count; i++)
        {
            extents[i] = new Extent(((number * count) + i) * 8192L, 4096);
        }

        return new ExtentBatch(ExtentStyle.VariableLength, long.MaxValue, long.MaxValue, ChangeSource.NativeDelta, Exactness.Exact, extents);
    }

    private static async IAsyncEnumerable<ExtentBatch> Counted(
        int batches, int perBatch, ConcurrentBag<WeakReference> made, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (int i = 0; i < batches; i++)
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            ExtentBatch batch = Batch(i, perBatch);
            made.Add(new WeakReference(batch));
            yield return batch;
        }
    }

    private async IAsyncEnumerable<ExtentBatch> Endless([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (long i = 0; ; i++)
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            Interlocked.Increment(ref _batches);
            yield return Batch(i, 1);
        }
    }
}
