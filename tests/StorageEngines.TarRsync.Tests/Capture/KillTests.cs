using System.Diagnostics;

namespace StorageEngines.TarRsync.Tests.Capture;

/// <summary>Kills a process that takes snapshots, at random moments, and looks at what is left.</summary>
public sealed class KillTests
{
    private const string StoreVariable = "SENG_KILL_STORE";
    private const string TreeVariable = "SENG_KILL_TREE";
    private const string Ready = "ready to be killed";
    private const int Kills = 12;

    [Fact]
    public async Task Kill_at_random_points_loses_no_complete_snapshot()
    {
        using var scratch = new EngineScratch();
        var random = new Random(11);
        for (int i = 0; i < 200; i++)
        {
            byte[] content = new byte[random.Next(200_000)];
            random.NextBytes(content);
            File.WriteAllBytes(scratch.At($"f{i}"), content);
        }

        SnapshotInfo first = await scratch.SnapshotAsync("first");
        for (int kill = 0; kill < Kills; kill++)
        {
            await RunAndKillAsync(scratch, random.Next(1, 120));

            List<SnapshotInfo> all = await scratch.Snapshots.ListAsync(first.Ref.Volume).ToListAsync();
            Assert.Equal("first", all[0].Ref.Name);
            SnapshotInfo last = all[^1];
            // A clone reads every block and checks it, so a snapshot that is not whole cannot pass.
            Directory.Delete(await scratch.CloneAsync(last, $"clone{kill}"), true);
        }

        await scratch.SnapshotAsync("after");
        Assert.Empty(Directory.EnumerateFiles(scratch.Store, ".seng-tmp-*", SearchOption.AllDirectories));
    }

    // Not a test of its own: what the test above starts in a process of its own, to kill it.
    [Fact]
    public async Task Child_that_takes_snapshots_until_it_is_killed()
    {
        string? store = Environment.GetEnvironmentVariable(StoreVariable);
        string? tree = Environment.GetEnvironmentVariable(TreeVariable);
        if (store is null || tree is null)
        {
            return;
        }

        await using var engine = new TarRsyncStorageEngine(store, TimeProvider.System);
        VolumeRef volume = (await engine.ResolveVolumeAsync(BytePath.FromString(tree))).Ref;
        var random = new Random(Environment.ProcessId);
        Console.WriteLine(Ready);
        while (true)
        {
            byte[] content = new byte[random.Next(1, 500_000)];
            random.NextBytes(content);
            File.WriteAllBytes(Path.Combine(tree, $"f{random.Next(200)}"), content);
            await engine.Feature<ISnapshots>()!.CreateAsync(new CreateSnapshotRequest(volume, $"s-{Guid.NewGuid():N}"));
        }
    }

    private static async Task RunAndKillAsync(EngineScratch scratch, int afterMilliseconds)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        start.ArgumentList.Add("exec");
        start.ArgumentList.Add(typeof(KillTests).Assembly.Location);
        start.ArgumentList.Add("-method");
        start.ArgumentList.Add($"{typeof(KillTests).FullName}.{nameof(Child_that_takes_snapshots_until_it_is_killed)}");
        if (!start.FileName.EndsWith("dotnet", StringComparison.Ordinal))
        {
            start.ArgumentList.RemoveAt(0);
            start.ArgumentList.RemoveAt(0);
        }

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

        // The moment of the kill is the point of the test; nothing is waited for.
        await Task.Delay(afterMilliseconds);
        child.Kill();
        await child.WaitForExitAsync();
    }
}
