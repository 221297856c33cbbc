using System.Globalization;
using StorageEngines.Specification;
using StorageEngines.Zfs;
using StorageEngines.Zfs.Snapshots;

namespace StorageEngines.Platform.Tests.Zfs;

/// <summary>Changed and allocated blocks of zvols against what was really written, and what crossed the wire for it.</summary>
public sealed class ZvolDeltaTests : IAsyncLifetime
{
    private const int Block = 16 << 10;

    private ZfsPool _pool = null!;
    private MeteredRunner _wire = null!;
    private ZfsStorageEngine _engine = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _pool = await ZfsPool.CreateAsync(Token);
        _wire = new MeteredRunner(_pool.Runner);
        _engine = new ZfsStorageEngine(new StorageEngines.Zfs.Hosts.ZfsHost(_wire));
    }

    public async ValueTask DisposeAsync()
    {
        if (_pool is not null)
        {
            await _engine.DisposeAsync();
            await _pool.DisposeAsync();
        }
    }

    [Fact]
    public async Task Scattered_blocks_of_a_GiB_are_found_exactly_and_their_data_stays_there()
    {
        string name = _pool.NextName();
        await _pool.RunAsync($"zfs create -s -V 1G -o volblocksize=16k {name}\n{ZvolWriter.Wait(name, 1 << 30)}", Token);
        await _pool.RunAsync($"dd if=/dev/urandom of=/dev/zvol/{name} bs=1M count=64 conv=fsync status=none; zfs snapshot {name}@s0", Token);
        var random = new Random(4);
        int cut = 0;
        foreach (int count in (int[])[4, 64, 1024])
        {
            SortedSet<long> blocks = [];
            while (blocks.Count < count)
            {
                blocks.Add(random.NextInt64(0, (1 << 30) / Block));
            }

            await WriteAsync(name, blocks);
            await _pool.RunAsync($"zfs snapshot {name}@s{++cut}", Token);
            (SnapshotRef before, ChangeToken token) = await SnapshotAsync(name, $"s{cut - 1}");
            (SnapshotRef after, _) = await SnapshotAsync(name, $"s{cut}");
            _wire.Reset();
            ExtentAnswer answer = await ExtentAnswer.CollectAsync(_engine.Feature<IBlockMap>()!.DeltaAsync(new DeltaQuery(token, after), Token));
            long wire = _wire.Bytes;
            Extent[] expected = [.. blocks.Select(block => new Extent(block * Block, Block)).Coalesce()];
            Assert.Equal(expected, answer.Extents.Where(extent => extent.State == ExtentState.Data));
            string sizes = await _pool.RunAsync($"zfs send -w -i @s{cut - 1} {name}@s{cut} | wc -c", Token);
            long stream = long.Parse(sizes, CultureInfo.InvariantCulture);
            TestContext.Current.TestOutputHelper!.WriteLine($"| {count} | {stream} | {wire} | {answer.Extents.Count} |");
            Assert.InRange(wire, 0, 8000 + (count * 400));
            Assert.Equal(before.Volume, after.Volume);
        }
    }

    private async Task WriteAsync(string name, IEnumerable<long> blocks)
        => await _pool.RunAsync(
            $"python3 - <<'P'\nimport os\nf = os.open('/dev/zvol/{name}', os.O_WRONLY)\nfor b in [{string.Join(',', blocks)}]: os.pwrite(f, os.urandom({Block}), b * {Block})\nos.fsync(f)\nP", Token);

    private async Task<(SnapshotRef Ref, ChangeToken Token)> SnapshotAsync(string volume, string name)
    {
        VolumeInfo info = await _engine.ResolveVolumeAsync(BytePath.FromString(volume), Token);
        SnapshotTable table = await _engine.Catalog.TableAsync(info.Ref, Token);
        ZfsSnapshot snapshot = table.Snapshots.Single(each => each.Name == name);
        return (snapshot.Ref, snapshot.Token);
    }
}
