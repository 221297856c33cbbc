namespace StorageEngines.Tests.Changes;

public sealed class ChangeLadderTests
{
    private readonly FakeBlockEngine _engine = new();
    private readonly SnapshotInfo _base;
    private readonly SnapshotInfo _target;
    private readonly byte[] _content;

    public ChangeLadderTests()
    {
        var random = new Random(1);
        byte[] first = new byte[20_000];
        random.NextBytes(first);
        _content = RandomImages.Make(random, 30_000);
        _base = _engine.Add("a", first);
        _target = _engine.Add("b", _content);
    }

    private static ChangeTrackingUnavailableException Lost => new(EngineReason.ChangeTrackingLost, "lost");

    [Fact]
    public async Task Delta_is_passed_on_as_it_is()
    {
        List<ExtentBatch> batches = await Query(FallbackPolicy.AllocatedThenFull);
        Assert.All(batches, batch => Assert.Equal(ChangeSource.NativeDelta, batch.Source));
        Assert.Equal(20_000, batches[0].BaseCapacityBytes);
    }

    [Fact]
    public async Task Default_is_to_fail()
    {
        _engine.DeltaError = Lost;
        Assert.Same(_engine.DeltaError, await Assert.ThrowsAsync<ChangeTrackingUnavailableException>(() => Query(default)));
    }

    [Fact]
    public async Task Fall_to_allocated_says_so_and_covers_every_byte()
    {
        _engine.DeltaError = Lost;
        List<ExtentBatch> batches = await Query(FallbackPolicy.Allocated);
        Assert.All(batches, batch => Assert.Equal((ChangeSource.NativeAllocated, Exactness.Superset, (long?)null), (batch.Source, batch.Exactness, batch.BaseCapacityBytes)));
        AssertRebuilds(batches, 0);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 3)]
    [InlineData(513, 2)]
    [InlineData(30_000, 5)]
    public async Task Fall_to_allocated_keeps_to_offset_and_batch_size(long offset, int maxResults)
    {
        _engine.DeltaError = Lost;
        List<ExtentBatch> batches = await Query(FallbackPolicy.Allocated, offset, maxResults);
        Assert.All(batches, batch => Assert.InRange(batch.Extents.Count, 0, maxResults));
        AssertRebuilds(batches, offset);
    }

    [Fact]
    public async Task Fall_to_the_bottom_takes_every_byte()
    {
        _engine.DeltaError = Lost;
        _engine.AllocatedError = new CapabilityNotSupportedException(EngineCapability.Allocated, "no map");
        await Assert.ThrowsAsync<CapabilityNotSupportedException>(() => Query(FallbackPolicy.Allocated));
        ExtentBatch batch = Assert.Single(await Query(FallbackPolicy.AllocatedThenFull, 100));
        Assert.Equal(ChangeSource.FullScan, batch.Source);
        Assert.Equal([Extent.FromBounds(100, 30_000)], batch.Extents);
    }

    [Fact]
    public async Task Engine_without_a_block_map_is_read_in_full_only_if_allowed()
    {
        _engine.Without<IBlockMap>();
        CapabilityNotSupportedException error = await Assert.ThrowsAsync<CapabilityNotSupportedException>(() => Query(FallbackPolicy.Fail));
        Assert.Equal(EngineCapability.Delta, error.Capability);
        Assert.Equal(ChangeSource.FullScan, Assert.Single(await Query(FallbackPolicy.AllocatedThenFull)).Source);
    }

    [Fact]
    public async Task Unrelated_snapshots_fall_and_a_wrong_order_does_not()
    {
        _engine.DeltaError = new LineageBrokenException(EngineReason.UnrelatedSnapshots, "unrelated");
        Assert.Equal(ChangeSource.NativeAllocated, (await Query(FallbackPolicy.Allocated))[0].Source);
        _engine.DeltaError = new LineageBrokenException(EngineReason.WrongOrder, "order");
        await Assert.ThrowsAsync<LineageBrokenException>(() => Query(FallbackPolicy.AllocatedThenFull));
    }

    [Fact]
    public async Task Error_that_has_nothing_to_do_with_tracking_never_falls()
    {
        _engine.DeltaError = new StorageEngineException(EngineStatus.Unavailable, EngineReason.ConnectionLost, Recovery.Retry, "lost");
        await Assert.ThrowsAsync<StorageEngineException>(() => Query(FallbackPolicy.AllocatedThenFull));
    }

    [Fact]
    public async Task Answer_that_has_begun_is_not_mixed_with_another_one()
    {
        _engine.LateError = Lost;
        await Assert.ThrowsAsync<ChangeTrackingUnavailableException>(() => Query(FallbackPolicy.AllocatedThenFull));
    }

    [Fact]
    public async Task Without_a_base_the_answer_is_the_allocated_map()
    {
        List<ExtentBatch> batches = await Collect(ChangeLadder.QueryAsync(_engine, null, _target.Ref, new ChangeLadderOptions()));
        Assert.Equal(ChangeSource.NativeAllocated, batches[0].Source);
        AssertRebuilds(batches, 0, new byte[30_000]);
    }

    [Fact]
    public async Task Offset_beyond_the_capacity_is_out_of_range_at_the_bottom_too()
    {
        _engine.Without<IBlockMap>();
        StorageEngineException error = await Assert.ThrowsAsync<StorageEngineException>(() => Query(FallbackPolicy.AllocatedThenFull, 30_001));
        Assert.Equal(EngineStatus.OutOfRange, error.Status);
        Assert.Empty(Assert.Single(await Query(FallbackPolicy.AllocatedThenFull, 30_000)).Extents);
    }

    private Task<List<ExtentBatch>> Query(FallbackPolicy policy, long offset = 0, int maxResults = 0)
        => Collect(ChangeLadder.QueryAsync(
            _engine, _base.ChangeToken, _target.Ref, new ChangeLadderOptions { Fallback = policy, StartingOffset = offset, MaxResults = maxResults }));

    /// <summary>The contract's oracle, from an offset on: a copy that is all 0xEE has to become the target.</summary>
    private void AssertRebuilds(List<ExtentBatch> batches, long offset, byte[]? start = null)
    {
        byte[] copy = start ?? [.. Enumerable.Repeat((byte)0xEE, 30_000)];
        long end = 0;
        foreach (Extent extent in batches.SelectMany(batch => batch.Extents))
        {
            Assert.True(extent.Offset >= end && extent.End > offset && extent.End <= 30_000);
            end = extent.End;
            Span<byte> range = copy.AsSpan((int)extent.Offset, (int)extent.Length);
            if (extent.State == ExtentState.Zero)
            {
                range.Clear();
            }
            else
            {
                _content.AsSpan((int)extent.Offset, (int)extent.Length).CopyTo(range);
            }
        }

        Assert.Equal(_content[(int)offset..], copy[(int)offset..]);
    }

    private static async Task<List<ExtentBatch>> Collect(IAsyncEnumerable<ExtentBatch> batches)
    {
        var list = new List<ExtentBatch>();
        await foreach (ExtentBatch batch in batches)
        {
            list.Add(batch);
        }

        return list;
    }
}
