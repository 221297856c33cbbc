using System.Globalization;

namespace StorageEngines.EngineBenchmarks.Wire;

/// <summary>A block volume of 1 GiB, of which blocks are written anew between snapshots.</summary>
/// <param name="machine">Where it is.</param>
/// <param name="engine">Its engine, over the counted connection.</param>
/// <param name="volume">The volume.</param>
/// <param name="device">Its device there.</param>
/// <param name="blockBytes">The size of the blocks that are written.</param>
internal sealed class VolumeScene(StorageMachine machine, IStorageEngine engine, VolumeInfo volume, string device, int blockBytes)
{
    private const long Capacity = 1L << 30;

    private readonly Random _random = new(20_261_121);
    private int _number;

    /// <summary>The snapshot that was taken last.</summary>
    public SnapshotInfo? Last { get; private set; }

    private ISnapshots Snapshots => engine.Feature<ISnapshots>()!;

    /// <summary>Takes a snapshot.</summary>
    public async Task<SnapshotInfo> SnapshotAsync()
        => Last = await Snapshots.CreateAsync(new CreateSnapshotRequest(volume.Ref, string.Create(CultureInfo.InvariantCulture, $"wire-{++_number}")));

    /// <summary>Writes blocks anywhere, takes a snapshot, and asks what changed.</summary>
    /// <exception cref="InvalidOperationException">Something that changed was not told.</exception>
    public async Task<List<WireRow>> ChangeAsync(string name, int blocks)
    {
        SnapshotInfo from = Last!;
        HashSet<long> truth = [];
        while (truth.Count < blocks)
        {
            truth.Add(_random.NextInt64(Capacity / blockBytes));
        }

        await machine.RunAsync($"for i in {string.Join(' ', truth)}; do printf '%s seek=%s\\n' bs={blockBytes} $i; done | while read -r b s; do dd if=/dev/urandom of={device} $b $s count=1 conv=notrunc,nocreat status=none; done; sync {device}; blockdev --flushbufs {device}");
        SnapshotInfo to = await SnapshotAsync();
        string changed = $"{blocks} blocks of {blockBytes >> 10} KiB";
        List<WireRow> rows = [await MapAsync(name, changed, from, to, truth)];
        if (engine.Feature<IChangedData>() is { } data)
        {
            WireCounts before = machine.Wire.Counts;
            long bytes = 0;
            await foreach (ChangedData batch in data.ReadAsync(new ChangedDataQuery(from.ChangeToken, to.Ref)))
            {
                bytes += batch.Data.Length;
            }

            rows.Add(new WireRow($"{name}: extents and data", changed, $"{bytes} B of data", machine.Wire.Counts - before, 0));
        }

        return rows;
    }

    private async Task<WireRow> MapAsync(string name, string changed, SnapshotInfo from, SnapshotInfo to, HashSet<long> truth)
    {
        WireCounts before = machine.Wire.Counts;
        List<Extent> told = [];
        await foreach (ExtentBatch batch in engine.Feature<IBlockMap>()!.DeltaAsync(new DeltaQuery(from.ChangeToken!, to.Ref)))
        {
            told.AddRange(batch.Extents);
        }

        WireCounts counts = machine.Wire.Counts - before;
        HashSet<long> covered = [.. told.SelectMany(extent => Enumerable.Range(0, (int)((extent.Length + blockBytes - 1) / blockBytes)).Select(i => (extent.Offset / blockBytes) + i))];
        if (!truth.IsSubsetOf(covered))
        {
            throw new InvalidOperationException($"{name}: {truth.Except(covered).Count()} blocks that changed were not told.");
        }

        return new WireRow($"{name}: changed extents", changed, $"{told.Count} extents, {told.Where(each => each.State == ExtentState.Data).Sum(each => each.Length)} B", counts, 0);
    }
}
