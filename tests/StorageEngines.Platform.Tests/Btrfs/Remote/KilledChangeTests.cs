using System.Diagnostics;
using System.Globalization;
using StorageEngines.Btrfs;
using StorageEngines.Btrfs.Hosts.Remote;
using StorageEngines.Transport.Tests.Ssh;

namespace StorageEngines.Platform.Tests.Btrfs.Remote;

/// <summary>
/// The connection, killed in the middle of a change: the server's processes of it, all that runs there, or the client here. The change was made or was not, its error says that this is not known, and the next engine, on
/// whichever of the two machines, finds whole snapshots only and removes the rest.
/// </summary>
public sealed class KilledChangeTests(SshServer server) : IClassFixture<SshServer>
{
    private const string Cut = "subvolume?snapshot?-r*";
    private const string Copy = "subvolume?snapshot?/*";
    private const string Delete = "subvolume?delete*";
    private const string FirstRename = "-nT*-was-*";
    private const string SecondRename = "-nT*/.seng-tmp-????????-*";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string, string, string, bool, string> Points
    {
        get
        {
            var points = new TheoryData<string, string, string, bool, string>();
            foreach ((string what, string program, string pattern) in new[]
            {
                ("create", "btrfs", Cut), ("delete", "btrfs", Delete), ("clone", "btrfs", Copy), ("roll back", "btrfs", Copy), ("roll back", "mv", FirstRename), ("roll back", "mv", SecondRename),
                ("roll back", "btrfs", Delete), ("apply", "btrfs", "receive*"), ("apply", "mv", "*/data"), ("apply", "btrfs", Copy),
            })
            {
                points.Add(what, program, pattern, false, "all there");
                points.Add(what, program, pattern, true, "client");
                points.Add(what, program, pattern, true, "connection");
            }

            return points;
        }
    }

    [Theory]
    [MemberData(nameof(Points))]
    public async Task A_change_whose_connection_is_killed_is_made_or_is_not(string what, string program, string pattern, bool after, string killed)
    {
        using var held = new HeldProgram(program, pattern, after);
        await using var scene = new RemoteScene(server, held.Around);
        VolumeInfo volume = await scene.VolumeAsync("v"), source = await scene.VolumeAsync("source");
        await File.WriteAllTextAsync(scene.At("v", "file"), "one", Cancel);
        SnapshotInfo one = await scene.SnapshotAsync(volume, "one");
        await File.WriteAllTextAsync(scene.At("v", "file"), "two", Cancel);
        SnapshotInfo two = await scene.SnapshotAsync(volume, "two");
        await File.WriteAllTextAsync(scene.At("source", "file"), "sent", Cancel);
        byte[] stream = await ExportAsync(scene.Engine, await scene.SnapshotAsync(source, "sent"));
        held.Arm();
        Task running = Task.Run(
            () => what switch
            {
                "create" => scene.SnapshotAsync(volume, "new"),
                "delete" => scene.Snapshots.DeleteAsync(two.Ref, DeleteMode.Everything, Cancel),
                "clone" => scene.Snapshots.CloneAsync(one.Ref, BytePath.FromString(Path.Combine(scene.Mount, "clone")), null, Cancel),
                "roll back" => scene.Snapshots.RollbackAsync(one.Ref, new RollbackOptions(), Cancel),
                _ => scene.Engine.Feature<IDifferentials>()!.ApplyAsync(new MemoryStream(stream), volume.Ref, null, Cancel),
            },
            Cancel);
        await held.ReachedAsync(running);
        if (killed == "connection")
        {
            KillConnections(server);
        }

        foreach (int process in killed switch { "client" => Clients(), "all there" => server.SessionProcesses(), _ => [] })
        {
            SshServer.Signal(process, 9);
        }

        StorageEngineException error = await Assert.ThrowsAnyAsync<StorageEngineException>(() => running.WaitAsync(Limit, Cancel));
        Assert.Equal((EngineStatus.Unavailable, EngineReason.ConnectionLost), (error.Status, error.Reason));
        await using var later = new BtrfsStorageEngine(killed != "client" ? new RemoteBtrfsHost(scene.Runner) : new StorageEngines.Btrfs.Hosts.LocalBtrfsHost(), null);
        await CheckAsync(scene, later, volume, what);
    }

    /// <summary>Kills the server's own processes of connections. What they started is ended by the end of its input.</summary>
    internal static void KillConnections(SshServer server)
    {
        foreach (int process in server.SessionProcesses())
        {
            string name = File.Exists($"/proc/{process}/comm") ? File.ReadAllText($"/proc/{process}/comm") : "";
            if (name.StartsWith("sshd", StringComparison.Ordinal))
            {
                SshServer.Signal(process, 9);
            }
        }
    }

    private async Task CheckAsync(RemoteScene scene, BtrfsStorageEngine later, VolumeInfo volume, string what)
    {
        ISnapshots snapshots = later.Feature<ISnapshots>()!;
        await UnlockedAsync(() => later.ResolveVolumeAsync(volume.Location, Cancel).AsTask());
        SnapshotInfo next = await UnlockedAsync(() => snapshots.CreateAsync(new CreateSnapshotRequest(volume.Ref, "next"), Cancel)); // It sweeps.
        List<SnapshotInfo> all = await snapshots.ListAsync(volume.Ref, null, Cancel).ToListAsync(Cancel);
        Assert.Equal([], scene.Leftovers());
        Assert.DoesNotContain(".seng-tmp", BtrfsLoop.Btrfs("subvolume", "list", scene.Mount), StringComparison.Ordinal);
        string[] names = [.. all.Select(each => each.Ref.Name!).Order(StringComparer.Ordinal)];
        string file = await File.ReadAllTextAsync(scene.At("v", "file"), Cancel);
        switch (what)
        {
            case "create": Assert.True(names is ["new", "next", "one", "two"] or ["next", "one", "two"]); break;
            case "delete": Assert.True(names is ["next", "one", "two"] or ["next", "one"]); break;
            case "clone": Assert.Equal(["next", "one", "two"], names); break;
            case "apply": Assert.True((names is ["next", "one", "two"] && file == "two") || (names is ["next", "one", "sent", "two"] && file is "two" or "sent"), $"{string.Join(' ', names)}: {file}"); break;
            default: Assert.Equal(["next", "one", "two"], names); break;
        }

        Assert.True(what == "apply" || file == "two" || (what == "roll back" && file == "one"), file);
        string clone = Path.Combine(scene.Mount, "clone", "file");
        Assert.True(!Directory.Exists(Path.GetDirectoryName(clone)) || await File.ReadAllTextAsync(clone, Cancel) == "one");
        foreach (SnapshotInfo each in all)
        {
            await using Stream content = await later.Feature<ISnapshotReader>()!.OpenReadAsync(each.Ref, BytePath.FromString("file"), Cancel);
            using var reader = new StreamReader(content);
            string expected = each.Ref.Name switch { "next" => file, "new" => "two", var name => name! };
            Assert.Equal(expected, await reader.ReadToEndAsync(Cancel));
        }

        await snapshots.RollbackAsync(all.Single(each => each.Ref.Name == "one").Ref, new RollbackOptions(), Cancel);
        Assert.Equal("one", await File.ReadAllTextAsync(scene.At("v", "file"), Cancel));
        await snapshots.DeleteAsync(next.Ref, DeleteMode.Everything, Cancel);
        Assert.Equal([], scene.Leftovers());
    }

    // The shell that holds the lock is ended within a second of the connection's end.
    private static async Task<T> UnlockedAsync<T>(Func<Task<T>> change)
    {
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(20, Cancel))
        {
            try
            {
                return await change();
            }
            catch (StorageEngineException e) when ((e.Reason is EngineReason.Locked or EngineReason.VolumeMissing) && clock.Elapsed < Limit)
            {
                // What is under way there has not yet ended.
            }
        }
    }

    private List<int> Clients()
    {
        string port = server.Port.ToString(CultureInfo.InvariantCulture);
        var found = new List<int>();
        foreach (string process in Directory.EnumerateDirectories("/proc").Where(each => int.TryParse(Path.GetFileName(each), out _)))
        {
            try
            {
                string[] line = File.ReadAllText(Path.Combine(process, "cmdline")).Split('\0');
                if (Path.GetFileName(line[0].Split(':')[0]) == "ssh" && line.Any(word => word.Contains(port, StringComparison.Ordinal)))
                {
                    found.Add(int.Parse(Path.GetFileName(process), CultureInfo.InvariantCulture));
                }
            }
            catch (IOException)
            {
                // It ended while we looked.
            }
        }

        return found;
    }

    private static async Task<byte[]> ExportAsync(BtrfsStorageEngine engine, SnapshotInfo to)
    {
        IDifferentials differentials = engine.Feature<IDifferentials>()!;
        using var stream = new MemoryStream();
        await differentials.ExportAsync(await differentials.PlanAsync(null, to.Ref, null, Cancel), stream, null, Cancel);
        return stream.ToArray();
    }
}
