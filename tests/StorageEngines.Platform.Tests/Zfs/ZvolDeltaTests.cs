using System.Globalization;
using StorageEngines.Platform.Tests.Btrfs.Remote;
using StorageEngines.Specification;
using StorageEngines.Zfs;
using StorageEngines.Zfs.Blocks;
using StorageEngines.Zfs.Hosts;

namespace StorageEngines.Platform.Tests.Zfs;

/// <summary>Changed and allocated blocks of zvols against what was really written, and what crossed the wire for it.</summary>
[Trait("Length", "long")]
public sealed class ZvolDeltaTests(ZfsPoolFixture fixture) : IClassFixture<ZfsPoolFixture>
{
    private readonly ZfsPool _pool = fixture.Pool;
    private readonly ZfsStorageEngine _engine = fixture.Engine;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Scattered_blocks_of_a_GiB_are_found_exactly_and_their_data_stays_there()
    {
        var wire = new MeteredRunner(_pool.Runner);
        await using var engine = new ZfsStorageEngine(new ZfsHost(wire));
        ZvolScene scene = await ZvolScene.CreateAsync(_pool, 1024);
        await scene.WriteAsync(Enumerable.Range(0, 1000).Select(each => (long)each));
        await _pool.RunAsync($"zfs snapshot {scene.Name}@s0", Token);
        var random = new Random(4);
        int cut = 0;
        foreach (int count in (int[])[4, 64, 1024])
        {
            SortedSet<long> blocks = [];
            while (blocks.Count < count)
            {
                blocks.Add(random.NextInt64(0, (1 << 30) / ZvolScene.Block));
            }

            await scene.WriteAsync(blocks);
            string before = $"s{cut++}", after = $"s{cut}";
            await _pool.RunAsync($"zfs snapshot {scene.Name}@{after}", Token);
            (SnapshotRef target, _) = await scene.SnapshotAsync(engine, after);
            ChangeToken from = (await scene.SnapshotAsync(engine, before)).Token;
            wire.Reset();
            ExtentAnswer answer = await ExtentAnswer.CollectAsync(engine.Feature<IBlockMap>()!.DeltaAsync(new DeltaQuery(from, target), Token));
            long map = wire.Bytes;
            Assert.Equal(blocks.Select(block => new Extent(block * ZvolScene.Block, ZvolScene.Block)).Coalesce(), answer.Extents.Where(extent => extent.State == ExtentState.Data));
            Assert.True(count > 4 || answer.Extents.All(extent => extent.Length < BaseHoles.WorthBytes), "A large hole that was one before was told."); // there are fewer than may be asked about
            wire.Reset();
            long data = 0;
            await foreach (ChangedData batch in engine.Feature<IChangedData>()!.ReadAsync(new ChangedDataQuery(from, target), Token))
            {
                data += batch.Data.Length;
            }

            Assert.Equal((long)count * ZvolScene.Block, data);
            long stream = await scene.BytesOfAsync($"zfs send -w -i @{before} {scene.Name}@{after}");
            TestContext.Current.TestOutputHelper!.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {count} | {data} | {stream} | {map} | {wire.Bytes} |"));
            Assert.InRange(map, 0, 8000 + (count * 400));
            Assert.InRange(wire.Bytes, data, data + 40000 + (count * 1000));
        }
    }

    [Fact]
    public async Task Writes_discards_growth_and_shrinking_are_told_and_zeroes_are_zero()
    {
        ZvolScene scene = await ZvolScene.CreateAsync(_pool, 8);
        await scene.WriteAsync(Enumerable.Range(0, 100).Select(each => (long)each));
        List<byte[]> bytes = [await scene.CutAsync("s0")];
        await scene.WriteAsync(3, 4, 200);
        await scene.DiscardAsync(10, 20);
        bytes.Add(await scene.CutAsync("s1"));
        await scene.ResizeAsync(16);
        await scene.WriteAsync(700);
        bytes.Add(await scene.CutAsync("s2"));
        await scene.ResizeAsync(1);
        bytes.Add(await scene.CutAsync("s3"));
        await scene.ResizeAsync(4);
        await scene.WriteAsync(0);
        bytes.Add(await scene.CutAsync("s4"));
        for (int to = 1; to < bytes.Count; to++)
        {
            foreach (int from in new SortedSet<int> { 0, to - 1 })
            {
                ExtentAnswer answer = await scene.DeltaAsync(_engine, $"s{from}", $"s{to}");
                ExtentOracle.AssertRebuilds(bytes[from], bytes[to], answer, $"s{from} to s{to}");
                ExtentOracle.AssertZeroesAreZero(bytes[to], answer);
                ExtentOracle.AssertAligned(answer, ZvolScene.Block);
            }
        }
    }

    [Fact]
    public async Task A_bookmark_is_as_good_a_base_as_its_snapshot()
    {
        ZvolScene scene = await ZvolScene.CreateAsync(_pool, 4);
        await scene.WriteAsync(0, 1, 2);
        await scene.CutAsync("a");
        ChangeToken token = (await scene.SnapshotAsync(_engine, "a")).Token;
        await scene.ResizeAsync(8);
        await scene.WriteAsync(2, 9, 300);
        await scene.CutAsync("b");
        ExtentAnswer whole = await scene.DeltaAsync(_engine, token, "b");
        await _pool.RunAsync($"zfs bookmark {scene.Name}@a {scene.Name}#kept; zfs destroy {scene.Name}@a", Token);
        ExtentAnswer answer = await scene.DeltaAsync(_engine, token, "b");
        Assert.Equal(whole.Extents, answer.Extents);
        Assert.Equal((4L << 20, 8L << 20), (answer.Batches[0].BaseCapacityBytes, answer.CapacityBytes));
        await _pool.RunAsync($"zfs destroy {scene.Name}#kept", Token);
        await Assert.ThrowsAsync<ChangeTrackingUnavailableException>(() => scene.DeltaAsync(_engine, token, "b"));
    }

    [Fact]
    public async Task Encrypted_blocks_are_mapped_without_their_key_and_not_read()
    {
        await _pool.RunAsync($"head -c 32 /dev/zero > /run/{_pool.Name}.key", Token);
        ZvolScene scene = await ZvolScene.CreateAsync(_pool, 4, $"-o encryption=on -o keyformat=raw -o keylocation=file:///run/{_pool.Name}.key");
        await scene.WriteAsync(0, 1);
        await scene.CutAsync("a");
        await scene.WriteAsync(1, 77);
        byte[] bytes = await scene.CutAsync("b");
        (SnapshotRef target, _) = await scene.SnapshotAsync(_engine, "b");
        Assert.Equal(bytes, await TreeImage.ReadAllAsync(_engine.Feature<ISnapshotReader>()!, target, null, Token));
        await _pool.RunAsync($"zfs unload-key {scene.Name}; rm /run/{_pool.Name}.key", Token);
        ExtentAnswer answer = await scene.DeltaAsync(_engine, "a", "b");
        Assert.Equal([new Extent(ZvolScene.Block, ZvolScene.Block), new Extent(77 * ZvolScene.Block, ZvolScene.Block)], answer.Extents.Where(extent => extent.State == ExtentState.Data));
        var error = await Assert.ThrowsAnyAsync<StorageEngineException>(() => TreeImage.ReadAllAsync(_engine.Feature<ISnapshotReader>()!, target, null, Token));
        Assert.Contains("load-key", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_snapshot_is_read_at_any_place_as_it_was()
    {
        ZvolScene scene = await ZvolScene.CreateAsync(_pool, 24, "-o compression=lz4");
        await scene.WriteAsync(Enumerable.Range(100, 500).Select(each => (long)each).Append(1400));
        await _pool.RunAsync($"yes 'what compresses well' | dd of=/dev/zvol/{scene.Name} bs=1M seek=12 count=3 iflag=fullblock conv=notrunc,fsync status=none", Token);
        byte[] bytes = await scene.CutAsync("a");
        await scene.WriteAsync(Enumerable.Range(0, 300).Select(each => (long)each));
        (SnapshotRef snapshot, _) = await scene.SnapshotAsync(_engine, "a");
        byte[] whole = await TreeImage.ReadAllAsync(_engine.Feature<ISnapshotReader>()!, snapshot, null, Token);
        ExtentOracle.AssertSame(bytes, whole, "The snapshot");
        await using Stream stream = await _engine.Feature<ISnapshotReader>()!.OpenReadAsync(snapshot, null, Token);
        Assert.Equal(bytes.Length, stream.Length);
        byte[] buffer = new byte[70_000];
        foreach (int at in (int[])[0, bytes.Length - 1, (99 << 14) + 5, 12 << 20, (12 << 20) - 3, 1400 << 14, 1401 << 14, 5])
        {
            stream.Position = at;
            int got = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, Token);
            Assert.Equal(Math.Min(buffer.Length, bytes.Length - at), got);
            ExtentOracle.AssertSame(bytes.AsSpan(at, got), buffer.AsSpan(0, got), $"{got} bytes at {at}");
        }

        var query = new AllocatedQuery(snapshot);
        ExtentOracle.AssertAllocated(bytes, await ExtentAnswer.CollectAsync(_engine.Feature<IBlockMap>()!.AllocatedAsync(query, Token)));
    }

    [Fact]
    public async Task Without_zstream_the_map_is_the_same_and_a_part_of_the_pipe_that_fails_is_an_error()
    {
        ZvolScene scene = await ZvolScene.CreateAsync(_pool, 8);
        await scene.CutAsync("a");
        await scene.WriteAsync(Enumerable.Range(0, 150).Select(each => each * 3L));
        await scene.CutAsync("b");
        ExtentAnswer whole = await scene.DeltaAsync(_engine, "a", "b");
        Assert.Equal(whole.Extents, (await DeltaAsync(scene, "command -v z", "false z")).Extents);
        await FailsAsync(scene, "zstream dump -v", "head -c 20000");
        await FailsAsync(scene, "zstream dump -v", "false");
        await FailsAsync(scene, "$d >&5", "{ $d; false; } >&5");
        await FailsAsync(scene, "{ zfs send \"$@\";", "{ zfs send \"$@\" | head -c 30000;");
        await FailsAsync(scene, "{ zfs send \"$@\";", "{ zfs send \"$@\"; false;");
        await FailsAsync(scene, "{ zfs send \"$@\";", "{ zfs send \"$@\" | head -c 30000; (exit 3);");
    }

    [Fact]
    public async Task A_map_that_is_given_up_leaves_no_program_behind()
    {
        ZvolScene scene = await ZvolScene.CreateAsync(_pool, 64);
        await scene.CutAsync("a");
        await scene.WriteAsync(Enumerable.Range(0, 2000).Select(each => each * 2L));
        await scene.CutAsync("b");
        ChangeToken token = (await scene.SnapshotAsync(_engine, "a")).Token;
        (SnapshotRef target, _) = await scene.SnapshotAsync(_engine, "b");
        using var cancel = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (ExtentBatch batch in _engine.Feature<IBlockMap>()!.DeltaAsync(new DeltaQuery(token, target) { MaxResults = 1 }, cancel.Token))
            {
                await cancel.CancelAsync();
            }
        });
        await foreach (ExtentBatch batch in _engine.Feature<IBlockMap>()!.DeltaAsync(new DeltaQuery(token, target) { MaxResults = 1 }, Token))
        {
            break;
        }

        await foreach (ChangedData batch in _engine.Feature<IChangedData>()!.ReadAsync(new ChangedDataQuery(token, target), Token))
        {
            break;
        }

        string left = await _pool.RunAsync($"n=0; while pgrep -fa '^zfs send .*{scene.Name}' && [ $n -lt 100 ]; do n=$((n + 1)); sleep 0.1; done > /dev/null; pgrep -fa '^zfs send .*{scene.Name}' || :", Token);
        Assert.Equal("", left);
        await _pool.RunAsync($"zfs destroy -r {scene.Name}", Token); // which a send would not let go
    }

    private async Task<ExtentAnswer> DeltaAsync(ZvolScene scene, string text, string other)
    {
        var changed = new ChangedRunner(_pool.Runner, request => request with { Arguments = [.. request.Arguments.Select(each => Replaced(each, text, other))] });
        await using var engine = new ZfsStorageEngine(new ZfsHost(changed));
        return await scene.DeltaAsync(engine, "a", "b");
    }

    private static CommandArgument Replaced(CommandArgument argument, string text, string other)
        => CommandArgument.FromString(System.Text.Encoding.UTF8.GetString(argument.Bytes.Span).Replace(text, other, StringComparison.Ordinal));

    private async Task FailsAsync(ZvolScene scene, string text, string other)
    {
        Exception? failure = await Record.ExceptionAsync(() => DeltaAsync(scene, text, other));
        Assert.True(failure is StorageEngineException, $"With '{other}' in the place of '{text}': {failure?.ToString() ?? "no error"}");
    }
}
