using System.Text;
using StorageEngines.Testing;
using StorageEngines.Transport.Tests.Ssh;

namespace StorageEngines.Platform.Tests.Btrfs.Remote;

/// <summary>What is of another host only: odd hosts, lost connections, round trips.</summary>
public sealed class RemoteHostTests(SshServer server) : IClassFixture<SshServer>
{
    private static readonly string[] Coreutils =
        ["sh", "env", "cat", "stat", "head", "tr", "find", "sort", "sed", "id", "uname", "od", "mkdir", "chmod", "mv", "rm", "rmdir", "sync", "realpath", "dd", "flock", "sleep", "kill"];

    [Fact]
    public async Task Names_of_any_bytes_survive()
    {
        await using var scene = new RemoteScene(server);
        byte[] name = [(byte)'v', (byte)'\n', 0xFF, (byte)'\'', (byte)' ', (byte)'$', (byte)'"'];
        byte[] file = [(byte)'-', (byte)'f', (byte)'\n', 0xFE, (byte)'\\', 1];
        const string Odd = @"$'v\n\xff\' $\x22'", OddFile = @"$'-f\n\xfe\\\x01'"; // the same for bash
        Bash($"cd {scene.Mount}; btrfs subvolume create ./{Odd}");
        var path = new BytePath((byte[])[.. Encoding.UTF8.GetBytes(scene.Mount), (byte)'/', .. name]);
        VolumeInfo volume = await scene.Engine.ResolveVolumeAsync(path);
        SnapshotInfo before = await scene.SnapshotAsync(volume, "s1");
        Bash($"cd {scene.Mount}/{Odd}; mkdir d; printf content > d/{OddFile}");
        SnapshotInfo after = await scene.SnapshotAsync(volume, "s2");
        var changed = new BytePath((byte[])[.. "d/"u8, .. file]);
        List<FileChange> changes = await scene.Differences.DiffAsync(new FileDiffQuery(before.ChangeToken!, after.Ref)).ToListAsync();
        Assert.Contains(changes, change => change.Path == changed && change.Kind.HasFlag(FileChangeKind.Added));
        List<TreeEntry> entries = await scene.Engine.Feature<ITreeReader>()!.ListAsync(after.Ref).ToListAsync();
        Assert.Equal([default, BytePath.FromString("d"), changed], entries.Select(each => each.Path));
        await using Stream stream = await scene.Engine.Feature<ISnapshotReader>()!.OpenReadAsync(after.Ref, changed);
        using var reader = new StreamReader(stream);
        Assert.Equal("content", await reader.ReadToEndAsync());
        await scene.Snapshots.RollbackAsync(before.Ref, new RollbackOptions());
        Assert.Equal(volume.Ref, (await scene.Engine.ResolveVolumeAsync(path)).Ref);
        Assert.Contains(volume.Ref, await scene.Engine.ListVolumesAsync().Select(each => each.Ref).ToListAsync());
        Assert.Empty(scene.Leftovers());
    }

    [Fact]
    public async Task Round_trips_do_not_grow_with_what_is_there()
    {
        await using var scene = new RemoteScene(server);
        VolumeInfo volume = await scene.VolumeAsync("v");
        SnapshotInfo before = await scene.SnapshotAsync(volume, "s1");
        for (int i = 0; i < 300; i++)
        {
            await File.WriteAllTextAsync(scene.At("v", $"f{i}"), "x");
        }

        var trips = new List<string>();
        async Task Count(string what, int most, Func<Task> action)
        {
            long start = scene.Host.Shell.Trips;
            await action();
            long count = scene.Host.Shell.Trips - start;
            trips.Add($"{what} {count}");
            Assert.True(count <= most, $"{what} took {count} round trips; {most} are expected at most.");
        }

        SnapshotInfo? after = null;
        await Count("resolve", 1, async () => _ = await scene.Engine.ResolveVolumeAsync(volume.Location));
        await Count("create", 7, async () => after = await scene.SnapshotAsync(volume, "s2"));
        await Count("list", 3, async () => Assert.Equal(2, await scene.Snapshots.ListAsync(volume.Ref).CountAsync()));
        await Count("get", 3, async () => _ = await scene.Snapshots.GetAsync(after!.Ref));
        await Count("hold", 5, () => scene.Snapshots.HoldAsync(after!.Ref, "me"));
        await Count("release", 5, () => scene.Snapshots.ReleaseAsync(after!.Ref, "me"));
        await Count("diff of 300 new files", 25, async () => Assert.Equal(301, await scene.Differences.DiffAsync(new FileDiffQuery(before.ChangeToken!, after!.Ref)).CountAsync()));
        await Count("list 301 entries", 8, async () => Assert.Equal(301, await scene.Engine.Feature<ITreeReader>()!.ListAsync(after!.Ref).CountAsync()));
        await Count("clone", 5, async () => _ = await scene.Snapshots.CloneAsync(after!.Ref, BytePath.FromString(Path.Combine(scene.Mount, "clone"))));
        await Count("roll back", 16, () => scene.Snapshots.RollbackAsync(before.Ref, new RollbackOptions()));
        await Count("delete", 8, () => scene.Snapshots.DeleteAsync(after!.Ref));
        TestContext.Current.SendDiagnosticMessage(string.Join("; ", trips));
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join("; ", trips));
    }

    [Fact]
    public async Task A_host_without_the_program_is_told()
    {
        string path = Directory.CreateTempSubdirectory("seng-test-path-").FullName;
        try
        {
            await using var scene = new RemoteScene(server, inner => ChangedRunner.Only(inner, path, Coreutils));
            StorageEngineException error = await Assert.ThrowsAnyAsync<StorageEngineException>(async () => await scene.Engine.ProbeAsync());
            Assert.Equal(EngineReason.ToolMissing, error.Reason);
            Assert.Contains("btrfs-progs", error.Message, StringComparison.Ordinal);
            error = await Assert.ThrowsAnyAsync<StorageEngineException>(() => scene.VolumeAsync("v"));
            Assert.Equal(EngineReason.ToolMissing, error.Reason);
        }
        finally
        {
            Directory.Delete(path, recursive: true);
        }
    }

    [Fact]
    public async Task An_ordinary_user_is_told_to_be_root()
    {
        await using var scene = new RemoteScene(server, ChangedRunner.Nobody);
        EngineProbe probe = await scene.Engine.ProbeAsync();
        Assert.Contains(probe.Notes, note => note.Contains("root", StringComparison.Ordinal));
        StorageEngineException error = await Assert.ThrowsAnyAsync<StorageEngineException>(() => scene.VolumeAsync("v"));
        Assert.Equal(EngineStatus.PermissionDenied, error.Status);
    }

    [Theory]
    [InlineData("missing", EngineStatus.NotFound)]
    [InlineData("directory", EngineStatus.InvalidArgument)]
    [InlineData("file", EngineStatus.InvalidArgument)]
    public async Task What_is_no_subvolume_is_told(string name, EngineStatus status)
    {
        await using var scene = new RemoteScene(server);
        Directory.CreateDirectory(Path.Combine(scene.Mount, "directory"));
        await File.WriteAllTextAsync(Path.Combine(scene.Mount, "file"), "x");
        StorageEngineException error = await Assert.ThrowsAnyAsync<StorageEngineException>(
            async () => await scene.Engine.ResolveVolumeAsync(BytePath.FromString(Path.Combine(scene.Mount, name))));
        Assert.Equal(status, error.Status);
        error = await Assert.ThrowsAnyAsync<StorageEngineException>(async () => await scene.Engine.ResolveVolumeAsync(BytePath.FromString("/proc")));
        Assert.Contains("not on Btrfs", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    public async Task A_connection_that_is_lost_in_mid_query_is_an_error(long after)
    {
        FaultyCommandRunner? faulty = null;
        await using var scene = new RemoteScene(server, inner => faulty = new FaultyCommandRunner(inner) { Applies = request => request.Program == "btrfs" });
        VolumeInfo volume = await scene.VolumeAsync("v");
        SnapshotInfo before = await scene.SnapshotAsync(volume, "s1");
        await File.WriteAllTextAsync(scene.At("v", "f"), "x");
        SnapshotInfo target = await scene.SnapshotAsync(volume, "s2");
        (faulty!.Fault, faulty.AfterBytes) = (CommandFaultKind.ConnectionLost, after);
        var query = new FileDiffQuery(before.ChangeToken!, target.Ref);
        StorageEngineException error = await Assert.ThrowsAnyAsync<StorageEngineException>(async () => await scene.Differences.DiffAsync(query).CountAsync());
        Assert.Equal((EngineStatus.Unavailable, EngineReason.ConnectionLost), (error.Status, error.Reason));
        faulty.Fault = CommandFaultKind.None;
        Assert.Equal(2, await scene.Differences.DiffAsync(query).CountAsync());
    }

    [Fact]
    public async Task A_query_that_hangs_can_be_cancelled()
    {
        FaultyCommandRunner? faulty = null;
        await using var scene = new RemoteScene(server, inner => faulty = new FaultyCommandRunner(inner) { Applies = request => request.Program == "btrfs" });
        VolumeInfo volume = await scene.VolumeAsync("v");
        SnapshotInfo before = await scene.SnapshotAsync(volume, "s1");
        await File.WriteAllTextAsync(scene.At("v", "f"), "x");
        SnapshotInfo target = await scene.SnapshotAsync(volume, "s2");
        faulty!.Fault = CommandFaultKind.Stall;
        using var cancel = new CancellationTokenSource();
        ValueTask<int> running = scene.Differences.DiffAsync(new FileDiffQuery(before.ChangeToken!, target.Ref), cancel.Token).CountAsync();
        await faulty.Stalled;
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await running);
        faulty.Fault = CommandFaultKind.None;
        await scene.Snapshots.DeleteAsync(target.Ref); // no send of it runs any longer
    }

    [Fact]
    public async Task A_roll_back_that_was_killed_between_its_renames_is_put_right()
    {
        await using var scene = new RemoteScene(server);
        VolumeInfo volume = await scene.VolumeAsync("v");
        await File.WriteAllTextAsync(scene.At("v", "f"), "present");
        SnapshotInfo snapshot = await scene.SnapshotAsync(volume, "s1");
        Directory.Move(Path.Combine(scene.Mount, "v"), Path.Combine(scene.Mount, ".seng-tmp-was-v"));
        Assert.Equal(volume.Ref, (await scene.Engine.ResolveVolumeAsync(volume.Location)).Ref);
        Assert.Equal("present", await File.ReadAllTextAsync(scene.At("v", "f")));
        await scene.Snapshots.RollbackAsync(snapshot.Ref, new RollbackOptions());
        Assert.Empty(scene.Leftovers());
    }

    [Fact]
    public async Task Another_writer_is_told_that_the_directory_is_locked()
    {
        await using var scene = new RemoteScene(server);
        VolumeInfo volume = await scene.VolumeAsync("v");
        SnapshotInfo snapshot = await scene.SnapshotAsync(volume, "s1");
        string home = Path.GetDirectoryName(Directory.EnumerateDirectories(Path.Combine(scene.Mount, ".seng-snapshots")).Single() + "/x")!;
        using (FileStream held = new(Path.Combine(home, ".lock"), FileMode.Open, FileAccess.ReadWrite, FileShare.None)) // which is flock(2)
        {
            StorageEngineException error = await Assert.ThrowsAnyAsync<StorageEngineException>(() => scene.SnapshotAsync(volume, "s2"));
            Assert.Equal(EngineReason.Locked, error.Reason);
        }

        await scene.SnapshotAsync(volume, "s2");
        await scene.Snapshots.DeleteAsync(snapshot.Ref);
    }

    private static void Bash(string script)
    {
        (int exit, string text) = BtrfsLoop.Run("bash", "-e", "-c", script);
        Assert.True(exit == 0, text);
    }
}

/// <summary>The host goes away, so it has a class of its own.</summary>
public sealed class RemoteHostAwayTests(SshServer server) : IClassFixture<SshServer>
{
    [Fact]
    public async Task A_host_that_goes_away_is_told()
    {
        await using var scene = new RemoteScene(server);
        VolumeInfo volume = await scene.VolumeAsync("v");
        SnapshotInfo snapshot = await scene.SnapshotAsync(volume, "s1");
        server.Kill();
        StorageEngineException error = await Assert.ThrowsAnyAsync<StorageEngineException>(() => scene.Snapshots.GetAsync(snapshot.Ref));
        Assert.Equal((EngineStatus.Unavailable, EngineReason.ConnectionLost), (error.Status, error.Reason));
        Assert.Empty(scene.Leftovers());
    }
}
