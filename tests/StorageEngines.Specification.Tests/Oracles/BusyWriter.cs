namespace StorageEngines.Specification;

/// <summary>An application that writes without a pause, numbering its writes from 1.</summary>
public sealed class BusyWriter : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private long _written;

    /// <summary>Starts to write.</summary>
    /// <param name="write">Makes one write, told its number.</param>
    public BusyWriter(Func<long, ValueTask> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        _loop = Task.Run(async () =>
        {
            for (long number = 1; !_stop.IsCancellationRequested; number++)
            {
                await write(number);
                Interlocked.Exchange(ref _written, number);
                await Task.Yield();
            }
        });
    }

    /// <summary>Waits until some more writes have been made.</summary>
    /// <param name="more">How many.</param>
    /// <returns>A task that ends when they are made, or fails when the writer fails or takes over a minute.</returns>
    public async Task WaitForAsync(int more)
    {
        long goal = Interlocked.Read(ref _written) + more;
        using var late = new CancellationTokenSource(Patience);
        while (Interlocked.Read(ref _written) < goal)
        {
            Assert.False(late.IsCancellationRequested, $"The writer made no {more} writes within {Patience}.");
            if (_loop.IsCompleted)
            {
                await _loop;
            }

            await Task.Yield();
        }
    }

    /// <summary>Stops the writer.</summary>
    /// <returns>A task that ends when its last write is made.</returns>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }
}
