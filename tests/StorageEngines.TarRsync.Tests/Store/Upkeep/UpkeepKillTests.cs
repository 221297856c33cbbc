using System.Diagnostics;
using StorageEngines.TarRsync.Tests.Capture;

namespace StorageEngines.TarRsync.Tests.Store.Upkeep;

/// <summary>Kills a process that deletes, collects and repacks without a grace period, at random moments and beside readers, and looks at what is left.</summary>
public sealed class UpkeepKillTests
{
    private const string StoreVariable = "SENG_UPKEEP_KILL_STORE";
    private const string TreeVariable = "SENG_UPKEEP_KILL_TREE";
    private const string Ready = "ready to be killed";
    private const int Kills = 10;

    [Fact]
    public async Task Kill_at_random_points_of_the_upkeep_loses_nothing_and_readers_do_not_notice()
    {
        using var scratch = new EngineScratch();
        var random = new Random(12);
        for (int i = 0; i < 100; i++)
        {
            byte[] content = new byte[random.Next(120_000)];
            random.NextBytes(content);
            File.WriteAllBytes(scratch.At($"f{i}"), content);
        }

        SnapshotInfo first = await scratch.SnapshotAsync("first");
        string expected = await scratch.CloneAsync(first, "expected");
        var maintenance = scratch.Engine.Feature<IStoreMaintenance>()!;
        for (int kill = 0; kill < Kills; kill++)
        {
            await RunAndKillAsync(scratch, random.Next(1, 700), async () =>
            {
                string clone = await scratch.CloneAsync(first, "beside");
                EngineScratch.AssertSame(expected, clone);
                Directory.Delete(clone, true);
            });
            StoreCheckReport report = await maintenance.CheckAsync(new StoreCheckOptions());
            Assert.True(report.IsWhole, $"kill {kill}: {report.Damages} damages");
        }

        foreach (SnapshotInfo snapshot in await scratch.Snapshots.ListAsync(first.Ref.Volume).ToListAsync())
        {
            if (snapshot.Ref.Name != "first")
                await scratch.Snapshots.DeleteAsync(snapshot.Ref);
        }

        var now = new StoreCollectOptions { Grace = TimeSpan.Zero };
        await maintenance.RepackAsync(new StoreRepackOptions { UnusedShare = 0.01, Collect = now });
        await maintenance.CollectAsync(now);
        StoreStatistics statistics = await maintenance.GetStatisticsAsync();
        Assert.InRange(statistics.GarbageBytes, 0, statistics.StoredBytes / 50);
        Assert.Single(Directory.EnumerateFiles(Path.Combine(scratch.Store, "manifests")));
        EngineScratch.AssertSame(expected, await scratch.CloneAsync(first, "last"));
    }

    // Not a test of its own: what the test above starts in a process of its own, to kill it.
    [Fact]
    public async Task Child_that_collects_and_repacks_until_it_is_killed()
    {
        string? store = Environment.GetEnvironmentVariable(StoreVariable);
        string? tree = Environment.GetEnvironmentVariable(TreeVariable);
        if (store is null || tree is null)
            return;

        await using var engine = new TarRsyncStorageEngine(store, TimeProvider.System);
        VolumeRef volume = (await engine.ResolveVolumeAsync(BytePath.FromString(tree))).Ref;
        ISnapshots snapshots = engine.Feature<ISnapshots>()!;
        var maintenance = engine.Feature<IStoreMaintenance>()!;
        var now = new StoreCollectOptions { Grace = TimeSpan.Zero };
        var random = new Random(Environment.ProcessId);
        Console.WriteLine(Ready);
        while (true)
        {
            byte[] content = new byte[random.Next(1, 300_000)];
            random.NextBytes(content);
            File.WriteAllBytes(Path.Combine(tree, $"f{random.Next(100)}"), content);
            await snapshots.CreateAsync(new CreateSnapshotRequest(volume, $"s-{Guid.NewGuid():N}"));
            List<SnapshotInfo> all = await snapshots.ListAsync(volume).Where(snapshot => snapshot.Ref.Name != "first").ToListAsync();
            if (all.Count > 3)
                await snapshots.DeleteAsync(all[random.Next(all.Count)].Ref);
            if (random.Next(3) == 0)
                await maintenance.CollectAsync(now);
            else
                await maintenance.RepackAsync(new StoreRepackOptions { UnusedShare = 0.05, Collect = now });
        }
    }

    private static async Task RunAndKillAsync(EngineScratch scratch, int afterMilliseconds, Func<Task> beside)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (start.FileName.EndsWith("dotnet", StringComparison.Ordinal))
        {
            start.ArgumentList.Add("exec");
            start.ArgumentList.Add(typeof(UpkeepKillTests).Assembly.Location);
        }

        start.ArgumentList.Add("-method");
        start.ArgumentList.Add($"{typeof(UpkeepKillTests).FullName}.{nameof(Child_that_collects_and_repacks_until_it_is_killed)}");
        start.Environment[StoreVariable] = scratch.Store;
        start.Environment[TreeVariable] = scratch.Live;
        using Process child = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        string? line;
        do
        {
            line = await child.StandardOutput.ReadLineAsync(deadline.Token);
            Assert.True(line is not null, "The child ended by itself.");
        }
        while (line != Ready);

        // The moment of the kill is the point of the test; the reader beside it is at work until then and after.
        Task reading = Task.Run(beside, deadline.Token);
        await Task.Delay(afterMilliseconds, deadline.Token);
        child.Kill();
        await child.WaitForExitAsync(deadline.Token);
        await reading;
    }
}
