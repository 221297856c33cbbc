namespace StorageEngines.Testing;

public sealed class ManualTimeProviderTests
{
    [Fact]
    public void Clock_stands_still_until_it_is_advanced()
    {
        var clock = new ManualTimeProvider(new DateTimeOffset(2026, 1, 1, 2, 0, 0, TimeSpan.FromHours(2)));
        long stamp = clock.GetTimestamp();
        Assert.Equal(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), clock.GetUtcNow());
        clock.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal(TimeSpan.FromMinutes(3), clock.GetElapsedTime(stamp));
        Assert.Equal(3, clock.GetUtcNow().Minute);
        Assert.Throws<ArgumentOutOfRangeException>(() => clock.Advance(TimeSpan.FromTicks(-1)));
    }

    [Fact]
    public void Timers_fire_in_the_order_of_their_times_and_see_their_own_time()
    {
        var clock = new ManualTimeProvider();
        var fired = new List<string>();
        DateTimeOffset start = clock.GetUtcNow();
        void Fire(object? name) => fired.Add($"{name}@{(clock.GetUtcNow() - start).TotalSeconds}");
        using ITimer every = clock.CreateTimer(Fire, "every", TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2));
        using ITimer once = clock.CreateTimer(Fire, "once", TimeSpan.FromSeconds(3), Timeout.InfiniteTimeSpan);
        using ITimer never = clock.CreateTimer(Fire, "never", Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Assert.Equal(2, clock.ActiveTimers);
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(["every@2", "once@3", "every@4"], fired);
        Assert.True(once.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan));
        clock.Advance(TimeSpan.Zero);
        Assert.Equal("once@5", fired[^1]);
        every.Dispose();
        Assert.False(every.Change(TimeSpan.Zero, TimeSpan.Zero));
        Assert.Equal(0, clock.ActiveTimers);
    }

    [Fact]
    public async Task Delay_ends_when_the_clock_has_passed_it()
    {
        var clock = new ManualTimeProvider();
        Task delay = Task.Delay(TimeSpan.FromSeconds(10), clock, TestContext.Current.CancellationToken);
        clock.Advance(TimeSpan.FromSeconds(9));
        Assert.False(delay.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(1));
        await delay.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }
}
