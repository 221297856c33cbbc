using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Tests.Fuzz;

/// <summary>Everything that reads a store, one after the other; each is allowed to end in the engine's error and in no other.</summary>
internal sealed class StoreReads(string store, Random random, CancellationToken cancellationToken)
{
    private const int MostItems = 3000;

    /// <summary>What is being done.</summary>
    internal string Step { get; private set; } = "";

    /// <summary>How often it was refused.</summary>
    internal int Refused { get; private set; }

    internal async Task RunAsync()
    {
        await Task.Yield();
        await using var engine = new TarRsyncStorageEngine(store, TimeProvider.System);
        List<SnapshotInfo> snapshots = [];
        await TryAsync("list volumes", async () => await engine.ListVolumesAsync(cancellationToken).Take(MostItems).ToListAsync(cancellationToken));
        await TryAsync("list snapshots", async () => snapshots.AddRange(await engine.Feature<ISnapshots>()!.ListAsync(null).Take(MostItems).ToListAsync(cancellationToken)));
        foreach (SnapshotInfo snapshot in snapshots)
        {
            await ReadTreeAsync(engine, snapshot);
            await TryAsync("read image", () => ReadFileAsync(engine, snapshot, null));
            await TryAsync("allocated", async () => await engine.Feature<IBlockMap>()!.AllocatedAsync(new AllocatedQuery(snapshot.Ref)).Take(MostItems).ToListAsync(cancellationToken));
        }

        foreach (IGrouping<VolumeRef, SnapshotInfo> volume in snapshots.Where(snapshot => snapshot.ChangeToken is not null).GroupBy(snapshot => snapshot.Ref.Volume))
        {
            SnapshotInfo[] all = [.. volume];
            for (int i = 1; i < all.Length; i++)
            {
                (SnapshotInfo from, SnapshotInfo to) = (all[i - 1], all[i]);
                await TryAsync("diff", async () => await engine.Feature<IFileDiff>()!.DiffAsync(new FileDiffQuery(from.ChangeToken!, to.Ref), cancellationToken).Take(MostItems).ToListAsync(cancellationToken));
                await TryAsync("delta", async () => await engine.Feature<IBlockMap>()!.DeltaAsync(new DeltaQuery(from.ChangeToken!, to.Ref), cancellationToken).Take(MostItems).ToListAsync(cancellationToken));
            }
        }

        await TryAsync("open for writing", () =>
        {
            using SnapshotStore opened = SnapshotStore.Open(store, StoreAccess.Write, create: false, TimeProvider.System);
            return Task.CompletedTask;
        });
    }

    private async Task ReadTreeAsync(TarRsyncStorageEngine engine, SnapshotInfo snapshot)
    {
        List<TreeEntry> entries = [];
        await TryAsync("list tree", async () =>
        {
            await foreach (TreeEntry entry in engine.Feature<ITreeReader>()!.ListAsync(snapshot.Ref, default, cancellationToken).Take(MostItems))
            {
                entries.Add(entry);
            }
        });
        foreach (TreeEntry entry in entries.Where(entry => entry.Type == TreeEntryType.File).OrderBy(_ => random.Next()).Take(8))
        {
            await TryAsync("read file", () => ReadFileAsync(engine, snapshot, entry.Path));
            await TryAsync("find entry", async () => await engine.Feature<ITreeReader>()!.GetAsync(snapshot.Ref, entry.Path, cancellationToken));
        }
    }

    private async Task ReadFileAsync(TarRsyncStorageEngine engine, SnapshotInfo snapshot, BytePath? path)
    {
        await using Stream data = await engine.Feature<ISnapshotReader>()!.OpenReadAsync(snapshot.Ref, path, cancellationToken);
        var buffer = new byte[64 * 1024];
        foreach (long start in new[] { 0, data.Length / 2, Math.Max(0, data.Length - 100_000) })
        {
            data.Position = start;
            for (int i = 0; i < 4 && await data.ReadAsync(buffer, cancellationToken) > 0; i++)
            {
            }
        }
    }

    private async Task TryAsync(string step, Func<Task> read)
    {
        Step = step;
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            await read();
        }
        catch (StorageEngineException e)
        {
            Assert.NotEmpty(e.Message);
            Refused += e.Status is EngineStatus.DataLoss or EngineStatus.FailedPrecondition ? 1 : 0;
        }
    }
}
