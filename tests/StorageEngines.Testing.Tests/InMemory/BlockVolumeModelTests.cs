namespace StorageEngines.Testing;

/// <summary>Random writes, discards, resizes and snapshots, compared with plain byte arrays.</summary>
public sealed class BlockVolumeModelTests
{
    private const int BlockSize = 512;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Delta_rebuilds_every_target_from_every_older_base(int seed)
    {
        var random = new Random(seed);
        await using var engine = new InMemoryStorageEngine(new InMemoryEngineOptions { BlockSizeBytes = BlockSize });
        InMemoryBlockVolume volume = engine.CreateBlockVolume("vm", 20_000);
        byte[] model = new byte[20_000];
        var taken = new List<(SnapshotInfo Snapshot, byte[] Content)>();
        for (int step = 0; step < 300; step++)
        {
            model = Change(random, volume, model);
            Assert.Equal(model, volume.ReadAll());
            if (random.Next(12) == 0)
            {
                taken.Add((await engine.Feature<ISnapshots>()!.CreateAsync(new CreateSnapshotRequest(volume.Ref, $"s{step}"), TestContext.Current.CancellationToken), (byte[])model.Clone()));
            }
        }

        for (int target = 0; target < taken.Count; target++)
        {
            await Rebuild(engine, null, [], taken[target]);
            for (int older = 0; older <= target; older++)
            {
                await Rebuild(engine, taken[older].Snapshot.ChangeToken, taken[older].Content, taken[target]);
            }
        }

        Assert.Equal(0, engine.Counters.VolumeBytesRead);
        Assert.Equal(0, engine.Counters.SnapshotBytesRead);
        Assert.Equal(0, engine.Counters.OpenOperations);
    }

    private static byte[] Change(Random random, InMemoryBlockVolume volume, byte[] model)
    {
        int offset = random.Next(model.Length + 1);
        int length = Math.Min(random.Next(3000), model.Length - offset);
        switch (random.Next(8))
        {
            case 0:
                volume.Discard(offset, length);
                model.AsSpan(offset, length).Clear();
                return model;
            case 1:
                Array.Resize(ref model, random.Next(1, 40_000));
                volume.Resize(model.Length);
                return model;
            default:
                byte[] data = new byte[length];
                random.NextBytes(data);
                volume.Write(offset, data);
                data.CopyTo(model, offset);
                return model;
        }
    }

    private static async Task Rebuild(InMemoryStorageEngine engine, ChangeToken? baseToken, byte[] baseContent, (SnapshotInfo Snapshot, byte[] Content) target)
    {
        IBlockMap map = engine.Feature<IBlockMap>()!;
        byte[] copy = new byte[target.Content.Length];
        if (baseToken is not null)
        {
            // What a grown copy holds beyond the base is not to be relied on.
            Array.Fill(copy, (byte)0xEE);
            baseContent.AsSpan(0, Math.Min(copy.Length, baseContent.Length)).CopyTo(copy);
        }

        IAsyncEnumerable<ExtentBatch> batches = baseToken is null
            ? map.AllocatedAsync(new AllocatedQuery(target.Snapshot.Ref) { MaxResults = 3 })
            : map.DeltaAsync(new DeltaQuery(baseToken, target.Snapshot.Ref) { MaxResults = 3 });
        int count = 0;
        long end = 0;
        await foreach (ExtentBatch batch in batches)
        {
            count++;
            Assert.Equal(target.Content.Length, batch.CapacityBytes);
            Assert.InRange(batch.Extents.Count, 0, 3);
            foreach (Extent extent in batch.Extents)
            {
                Assert.True(extent.Offset >= end && extent.Offset % BlockSize == 0 && (extent.End % BlockSize == 0 || extent.End == batch.CapacityBytes), extent.ToString());
                end = extent.End;
                Span<byte> range = copy.AsSpan((int)extent.Offset, (int)extent.Length);
                range.Clear();
                if (extent.State == ExtentState.Data)
                {
                    target.Content.AsSpan((int)extent.Offset, (int)extent.Length).CopyTo(range);
                }
            }
        }

        Assert.True(count > 0);
        Assert.Equal(target.Content, copy);
    }
}
