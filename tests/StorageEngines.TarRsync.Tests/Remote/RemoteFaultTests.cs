using System.Diagnostics;
using StorageEngines.TarRsync.Remote;

namespace StorageEngines.TarRsync.Tests.Remote;

public sealed class RemoteFaultTests(RsyncOnlyHost host) : IClassFixture<RsyncOnlyHost>
{
    private const int Size = 48 << 20;

    [Theory]
    [InlineData("tree")]
    [InlineData("image")]
    public async Task A_transfer_that_was_cut_goes_on_where_it_was(string kind)
    {
        await using var scratch = new RemoteScratch(host);
        scratch.WriteRandom("large", Size, 1);
        string? path = kind == "image" ? scratch.At("large") : null;
        await scratch.VolumeAsync(path);
        host.Misbehave("limit", Size * 3L / 4);
        VolumeRef volume = (await scratch.VolumeAsync(path)).Ref;
        StorageCommandException error = await Assert.ThrowsAsync<StorageCommandException>(
            () => scratch.Snapshots.CreateAsync(new CreateSnapshotRequest(volume, "s1")));

        Assert.Equal((EngineStatus.Unavailable, EngineReason.ConnectionLost, true), (error.Status, error.Reason, error.IsTransient));
        Assert.Empty(await scratch.Snapshots.ListAsync(volume).ToListAsync());
        host.Behave();
        SnapshotInfo snapshot = await scratch.SnapshotAsync("s1", path);

        Assert.InRange(snapshot.Statistics!.BytesRead, Size / 4, Size / 2); // what was on its way when the connection ended is lost
        await using Stream read = await scratch.Engine.Feature<ISnapshotReader>()!.OpenReadAsync(snapshot.Ref, path is null ? BytePath.FromString("large") : null);
        var content = new MemoryStream();
        await read.CopyToAsync(content);
        Assert.Equal(Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(scratch.At("large")))), Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(content.ToArray())));
    }

    [Fact]
    public async Task A_killed_connection_is_an_error_that_can_be_tried_again()
    {
        await using var scratch = new RemoteScratch(host);
        scratch.WriteRandom("large", Size, 1);
        VolumeRef volume = (await scratch.VolumeAsync()).Ref;
        host.Misbehave("stall", Size / 2);
        Task<SnapshotInfo> creation = scratch.Snapshots.CreateAsync(new CreateSnapshotRequest(volume, "s1"));
        await WaitAsync(() => StagedBytes(scratch) > Size / 4, "nothing came over");
        foreach (int process in host.SessionProcesses())
        {
            Transport.Tests.Ssh.SshServer.Signal(process, 9);
        }

        StorageCommandException error = await Assert.ThrowsAsync<StorageCommandException>(() => creation);
        Assert.Equal(EngineReason.ConnectionLost, error.Reason);
        host.Behave();
        await scratch.AssertHoldsAsync(await scratch.SnapshotAsync("s1"));
    }

    [Fact]
    public async Task Cancelled_it_leaves_no_process_here_or_there_and_no_snapshot()
    {
        await using var scratch = new RemoteScratch(host);
        scratch.WriteRandom("large", Size, 1);
        VolumeRef volume = (await scratch.VolumeAsync()).Ref;
        host.Misbehave("slow", 4000);
        using var cancel = new CancellationTokenSource();
        Task<SnapshotInfo> creation = scratch.Snapshots.CreateAsync(new CreateSnapshotRequest(volume, "s1"), cancel.Token);
        await WaitAsync(() => StagedBytes(scratch) > Size / 32, "nothing came over");
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => creation);

        Assert.DoesNotContain(Commands(), line => line.Contains("rsync", StringComparison.Ordinal) && line.Contains(scratch.Store, StringComparison.Ordinal));
        await WaitAsync(() => !host.SessionProcesses().Select(CommandOf).Any(line => line.StartsWith("rsync\0--server", StringComparison.Ordinal)), "rsync still runs there");
        Assert.Empty(await scratch.Snapshots.ListAsync(volume).ToListAsync());
        host.Behave();
        await scratch.AssertHoldsAsync(await scratch.SnapshotAsync("s1"));
    }

    [Fact]
    public async Task A_file_that_changes_once_while_it_is_pulled_is_pulled_again()
    {
        await using var scratch = new RemoteScratch(host);
        scratch.Write("busy", "0");
        VolumeRef volume = (await scratch.VolumeAsync()).Ref;
        host.Hook($"[ -e {scratch.Root}/once ] && [ ! -e {scratch.Root}/twice ] && touch {scratch.Root}/twice && echo more >>{scratch.At("busy")}; touch {scratch.Root}/once");

        SnapshotInfo snapshot = await scratch.Snapshots.CreateAsync(new CreateSnapshotRequest(volume, "s1"));

        host.Behave();
        Assert.True(File.Exists(Path.Combine(scratch.Root, "twice")));
        Assert.Equal(Consistency.PerFile, snapshot.Consistency);
        await scratch.AssertHoldsAsync(snapshot);
    }

    [Fact]
    public async Task A_file_that_never_holds_still_is_said()
    {
        await using var scratch = new RemoteScratch(host);
        scratch.Write("busy", "0");
        VolumeRef volume = (await scratch.VolumeAsync()).Ref;
        host.Hook($"echo more >>{scratch.At("busy")}");

        SnapshotInfo snapshot = await scratch.Snapshots.CreateAsync(new CreateSnapshotRequest(volume, "s1"));
        var strict = new CreateSnapshotRequest(volume, "s2") { MinimumConsistency = Consistency.PerFile };
        StorageEngineException refused = await Assert.ThrowsAsync<StorageEngineException>(() => scratch.Snapshots.CreateAsync(strict));

        Assert.Equal(Consistency.Unknown, snapshot.Consistency);
        Assert.Contains(snapshot.Warnings, warning => warning.Contains("'busy' changed while it was pulled", StringComparison.Ordinal));
        Assert.Equal(EngineReason.ChangedWhileRead, refused.Reason);
    }

    [Fact]
    public async Task A_file_removed_before_it_was_looked_at_again_is_not_in_the_snapshot()
    {
        await using var scratch = new RemoteScratch(host);
        scratch.Write("going", "0");
        VolumeRef volume = (await scratch.VolumeAsync()).Ref;
        host.Hook($"[ -e {scratch.Root}/once ] && rm -f {scratch.At("going")}; touch {scratch.Root}/once");

        SnapshotInfo snapshot = await scratch.Snapshots.CreateAsync(new CreateSnapshotRequest(volume, "s1"));

        host.Behave();
        await scratch.AssertHoldsAsync(snapshot);
        Assert.Equal(Consistency.PerFile, snapshot.Consistency);
    }

    [Fact]
    public async Task What_may_not_be_read_there_fails_the_snapshot_and_is_named()
    {
        await using var scratch = new RemoteScratch(host);
        scratch.Write("file", "x");
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "backend missing: root: needed to make a file that even rsync cannot read");
        Capture.EngineScratch.Run("chmod", "000", scratch.At("file"));
        Capture.EngineScratch.Run("chmod", "a+rx", scratch.Root, host.Folder, host.Folder + "/path", scratch.Live);
        VolumeRef volume = (await scratch.VolumeAsync()).Ref;
        host.Misbehave("as-nobody", 1);

        StorageCommandException error = await Assert.ThrowsAsync<StorageCommandException>(
            () => scratch.Snapshots.CreateAsync(new CreateSnapshotRequest(volume, "s1")));

        Assert.Equal(EngineStatus.PermissionDenied, error.Status);
        Assert.Contains("/file", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rsync_missing_there_is_said_with_what_to_install()
    {
        await using var scratch = new RemoteScratch(host);
        host.Misbehave("missing", 1);

        StorageCommandException error = await Assert.ThrowsAsync<StorageCommandException>(() => scratch.VolumeAsync());

        Assert.Equal((EngineStatus.FailedPrecondition, EngineReason.ToolMissing), (error.Status, error.Reason));
        Assert.Contains("install the package 'rsync' there", error.Message, StringComparison.Ordinal);
        Assert.Contains("127.0.0.1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_volume_that_is_not_there_is_not_found()
    {
        await using var scratch = new RemoteScratch(host);
        await Assert.ThrowsAsync<VolumeNotFoundException>(() => scratch.VolumeAsync(scratch.At("nowhere")));
        await Assert.ThrowsAsync<VolumeNotFoundException>(() => scratch.VolumeAsync(scratch.At("nowhere/below")));
        VolumeRef volume = (await scratch.VolumeAsync()).Ref;
        Directory.Delete(scratch.Live);
        await Assert.ThrowsAsync<VolumeNotFoundException>(() => scratch.Snapshots.CreateAsync(new CreateSnapshotRequest(volume, "s1")));
    }

    [Fact]
    public async Task Nothing_is_written_there()
    {
        await using var scratch = new RemoteScratch(host);
        scratch.Write("a", "a");
        SnapshotInfo snapshot = await scratch.SnapshotAsync("s1");
        EngineCapabilities capabilities = await scratch.Engine.GetCapabilitiesAsync(snapshot.Ref.Volume);

        Assert.False(capabilities.Has(EngineCapability.Clone) || capabilities.Has(EngineCapability.RollbackInPlace));
        CapabilityNotSupportedException error = await Assert.ThrowsAsync<CapabilityNotSupportedException>(
            () => scratch.Snapshots.RollbackAsync(snapshot.Ref, new RollbackOptions()));
        Assert.Contains("restore", error.Message, StringComparison.OrdinalIgnoreCase);
        await Assert.ThrowsAsync<CapabilityNotSupportedException>(() => scratch.Snapshots.CloneAsync(snapshot.Ref, BytePath.FromString(scratch.At("clone"))));
    }

    [Fact]
    public async Task Two_pulls_of_one_volume_at_once_are_refused()
    {
        await using var scratch = new RemoteScratch(host);
        scratch.Write("a", "a");
        VolumeRef volume = (await scratch.VolumeAsync()).Ref;
        await scratch.SnapshotAsync("s1");
        using (Staging.Open(scratch.Store, volume.Id))
        {
            StorageEngineException error = await Assert.ThrowsAsync<StorageEngineException>(
                () => scratch.Snapshots.CreateAsync(new CreateSnapshotRequest(volume, "s2")));
            Assert.Equal((EngineStatus.Aborted, EngineReason.Locked), (error.Status, error.Reason));
        }

        await scratch.SnapshotAsync("s2");
    }

    internal static async Task WaitAsync(Func<bool> condition, string otherwise)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), otherwise);
            await Task.Yield();
        }
    }

    private static long StagedBytes(RemoteScratch scratch)
    {
        string staging = Path.Combine(scratch.Store, "staging");
        return Directory.Exists(staging) ? Directory.EnumerateFiles(staging, "large", SearchOption.AllDirectories).Sum(path => new FileInfo(path).Length) : 0;
    }

    private static IEnumerable<string> Commands()
        => Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _)).Select(name => CommandOf(int.Parse(name!, System.Globalization.CultureInfo.InvariantCulture)));

    private static string CommandOf(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline");
        }
        catch (IOException)
        {
            return ""; // it ended while we looked
        }
    }
}
