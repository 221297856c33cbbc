using System.Diagnostics;
using System.Globalization;
using StorageEngines.Transport;
using StorageEngines.Zfs;
using StorageEngines.Zfs.Hosts;

namespace StorageEngines.Platform.Tests.Zfs;

/// <summary>What can go wrong outside: no space, no rights, another host, a lost connection. Each is told, and nothing is left.</summary>
[Trait("Length", "long")]
public sealed class ZfsFaultTests(ZfsPoolFixture fixture) : IClassFixture<ZfsPoolFixture>
{
    private readonly ZfsPool _pool = fixture.Pool;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_full_pool_is_told()
    {
        await using ZfsPool small = await ZfsPool.CreateAsync(Token, "64M");
        // A zvol's reservation fills it at once; to write it full takes minutes, the last megabytes most of them.
        await small.RunAsync(
            $"""
            a=$(zfs get -Hp -o value available {small.Name}); v=$((a * 7 / 10 / 1048576)); zfs create -V "$v"M {small.Name}/v
            i=0; until [ -b /dev/zvol/{small.Name}/v ] || [ $i -ge 100 ]; do i=$((i + 1)); sleep 0.1; done
            dd if=/dev/zero of=/dev/zvol/{small.Name}/v bs=1M count=$((v * 8 / 10)) conv=fsync 2>/dev/null; zpool sync {small.Name}
            """, Token);
        await using ZfsStorageEngine engine = small.Engine();
        VolumeRef volume = (await engine.ResolveVolumeAsync(BytePath.FromString($"{small.Name}/v"), Token)).Ref;
        var full = await Assert.ThrowsAsync<StorageCommandException>(() => Snapshots(engine).CreateAsync(new CreateSnapshotRequest(volume, "s"), Token));
        Assert.Equal((EngineStatus.ResourceExhausted, EngineReason.NoSpace), (full.Status, full.Reason));
        Assert.Equal("", await small.RunAsync($"zfs list -H -o name -t snapshot -r {small.Name}", Token));
    }

    [Fact]
    public async Task A_login_without_rights_is_told_and_delegated_ones_are_enough()
    {
        string name = _pool.NextName(), zvol = _pool.NextName();
        await _pool.RunAsync($"zfs create {name}; zfs create -s -V 16M {zvol}; zfs snapshot {name}@old {zvol}@old", Token);
        await using var runner = new OpenSshCommandRunner(_pool.Machine.Options with { User = "tester" });
        await using var engine = new ZfsStorageEngine(new ZfsHost(runner));
        Assert.Contains((await engine.ProbeAsync(Token)).Notes, note => note.Contains("not root", StringComparison.Ordinal));
        ISnapshots snapshots = Snapshots(engine);
        VolumeRef tree = (await engine.ResolveVolumeAsync(BytePath.FromString(name), Token)).Ref, block = (await engine.ResolveVolumeAsync(BytePath.FromString(zvol), Token)).Ref;
        SnapshotRef old = (await engine.Catalog.TableAsync(tree, Token)).Snapshots[0].Ref;
        await DeniedAsync(() => snapshots.CreateAsync(new CreateSnapshotRequest(tree, "s"), Token));
        await DeniedAsync(() => snapshots.DeleteAsync(old, DeleteMode.Everything, Token));
        await DeniedAsync(() => snapshots.DeleteAsync(old, DeleteMode.DataOnly, Token));
        await DeniedAsync(() => snapshots.HoldAsync(old, "me", Token));
        await DeniedAsync(() => snapshots.CloneAsync(old, BytePath.FromString(_pool.NextName()), null, Token));
        await DeniedAsync(() => snapshots.RollbackAsync(old, new RollbackOptions(), Token));
        await DeniedAsync(() => engine.Feature<IGroupSnapshots>()!.CreateAsync([tree, block], "g", Token));
        Assert.Equal(2, (await _pool.RunAsync($"zfs list -H -d 1 -o name -t snapshot,bookmark {name} {zvol}", Token)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        await _pool.RunAsync($"zfs allow tester snapshot,userprop,destroy,mount,hold,release,bookmark,clone,create,rollback {_pool.Name}", Token);
        SnapshotInfo made = await snapshots.CreateAsync(new CreateSnapshotRequest(tree, "s") { Labels = new Dictionary<string, string> { ["a"] = "b" } }, Token);
        await snapshots.HoldAsync(made.Ref, "me", Token);
        await snapshots.ReleaseAsync(made.Ref, "me", Token);
        foreach (SnapshotRef each in new[] { made.Ref, (await engine.Catalog.TableAsync(block, Token)).Snapshots[0].Ref })
        {
            VolumeInfo clone = await snapshots.CloneAsync(each, BytePath.FromString(_pool.NextName()), null, Token);
            Assert.False((await engine.Catalog.Datasets.RequireAsync(clone.Ref, Token)).IsMounted); // Linux lets only root mount.
            await _pool.RunAsync($"zfs destroy {clone.Ref.Name}", Token);
            await snapshots.RollbackAsync(each, new RollbackOptions(), Token);
        }

        GroupSnapshotInfo group = await engine.Feature<IGroupSnapshots>()!.CreateAsync([tree, block], "g", Token);
        await engine.Feature<IGroupSnapshots>()!.DeleteAsync(group.Id, [.. group.Members.Select(each => each.Ref)], Token);
        await snapshots.DeleteAsync(made.Ref, DeleteMode.DataOnly, Token);
        await snapshots.DeleteAsync(made.Ref, DeleteMode.Everything, Token);
        Assert.Equal([old], (await engine.Catalog.TableAsync(tree, Token)).Snapshots.Select(each => each.Ref));
    }

    [Fact]
    public async Task Another_host_key_and_a_wrong_key_are_told()
    {
        string folder = Directory.CreateTempSubdirectory("seng-test-").FullName, key = Path.Combine(folder, "key"), known = Path.Combine(folder, "known");
        try
        {
            using (Process made = Process.Start(new ProcessStartInfo("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]) { RedirectStandardInput = true })!)
            {
                await made.WaitForExitAsync(Token);
            }

            SshOptions options = _pool.Machine.Options;
            string other = string.Join(' ', (await File.ReadAllTextAsync(key + ".pub", Token)).Split(' ')[..2]);
            await File.WriteAllTextAsync(known, string.Create(CultureInfo.InvariantCulture, $"[{options.Host}]:{options.Port} {other}\n"), Token);
            StorageEngineException changed = await FailsAsync(options with { KnownHostsFile = known });
            Assert.Equal((EngineStatus.Unauthenticated, EngineReason.HostNotTrusted), (changed.Status, changed.Reason));
            StorageEngineException stranger = await FailsAsync(options with { IdentityFile = key });
            Assert.Equal(EngineStatus.Unauthenticated, stranger.Status);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_connection_that_is_lost_in_a_change_leaves_its_outcome_open_and_the_next_call_works()
    {
        string name = _pool.NextName(), flag = $"/tmp/{_pool.Name}.lost";
        await _pool.RunAsync($"zfs create {name}", Token);
        await using var runner = new OpenSshCommandRunner(_pool.Machine.Options);
        await using var engine = new ZfsStorageEngine(new ZfsHost(runner));
        VolumeRef volume = (await engine.ResolveVolumeAsync(BytePath.FromString(name), Token)).Ref;
        Task change = engine.Catalog.Datasets.TryChangeAsync("test", volume, script => script.Text($"{Session(flag)}; sleep {Seconds}"), Token);
        await KillAsync(flag);
        var lost = await Assert.ThrowsAsync<StorageCommandException>(() => change);
        Assert.Equal((EngineStatus.Unavailable, EngineReason.ConnectionLost, true), (lost.Status, lost.Reason, lost.OutcomeUnknown));
        Assert.Equal("0", (await _pool.RunAsync($"i=0; while pgrep -xf 'sleep {Seconds}' >/dev/null && [ $i -lt 300 ]; do i=$((i + 1)); sleep 0.1; done; pgrep -cxf 'sleep {Seconds}' || :", Token)).Trim());
        await engine.Catalog.Datasets.AskAsync("test", volume, script => script.Text(Session(flag)), Token);
        await KillAsync(flag); // While nobody uses it: nothing is lost.
        SnapshotInfo made = await Snapshots(engine).CreateAsync(new CreateSnapshotRequest(volume, "s"), Token);
        Assert.Equal(made.Ref, (await Snapshots(engine).GetAsync(made.Ref, Token)).Ref);
    }

    private const int Seconds = 98_765;

    // Writes the process of the connection that the shell is in.
    private static string Session(string flag)
        => $"p=$$; until grep -q '^Name:.sshd' /proc/$p/status; do p=$(awk '/^PPid:/ {{ print $2 }}' /proc/$p/status); done; echo $p > {flag}.new; mv {flag}.new {flag}";

    private async Task KillAsync(string flag) => await _pool.RunAsync(
        $"i=0; until [ -e {flag} ] || [ $i -ge 300 ]; do i=$((i + 1)); sleep 0.1; done; p=$(cat {flag}); rm {flag}; kill -9 $p; while [ -e /proc/$p ]; do sleep 0.1; done", Token);

    private static ISnapshots Snapshots(ZfsStorageEngine engine) => engine.Feature<ISnapshots>()!;

    private static async Task DeniedAsync(Func<Task> call)
    {
        StorageEngineException error = await Assert.ThrowsAnyAsync<StorageEngineException>(call);
        Assert.True(error.Status == EngineStatus.PermissionDenied, $"{error}");
    }

    private async Task<StorageEngineException> FailsAsync(SshOptions options)
    {
        await using var runner = new OpenSshCommandRunner(options);
        await using var engine = new ZfsStorageEngine(new ZfsHost(runner));
        return await Assert.ThrowsAnyAsync<StorageEngineException>(async () => await engine.ResolveVolumeAsync(BytePath.FromString(_pool.Name), Token));
    }
}
