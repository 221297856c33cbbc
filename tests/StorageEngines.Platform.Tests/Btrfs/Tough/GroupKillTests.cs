using System.Diagnostics;
using StorageEngines.Btrfs;

namespace StorageEngines.Platform.Tests.Btrfs.Tough;

/// <summary>A process that makes a group, killed (SIGKILL) at each of the calls that change something: the group is whole or says that it is not, and the rest is removed.</summary>
public sealed class GroupKillTests : IAsyncDisposable
{
    private const string Variable = "SENG_BTRFS_GROUP_PLACE";
    private const int Killed = 137;
    private const int MostCalls = 40;
    private static readonly string[] Names = ["seng-test-g1", "seng-test-g2", "seng-test-g3"];

    private readonly BtrfsLoop _system = null!;
    private readonly BtrfsStorageEngine _engine = new(null);

    public GroupKillTests()
    {
        if (Environment.GetEnvironmentVariable(Variable) is null)
        {
            Assert.SkipUnless(File.Exists("/usr/bin/strace"), "backend missing: strace: the program is not installed");
            _system = BtrfsLoop.MakeOrSkip();
            Array.ForEach(Names, name => _system.MakeSubvolume(name));
        }
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        _system?.Dispose();
    }

    [Fact]
    public async Task A_group_is_whole_or_says_that_it_is_not()
    {
        List<VolumeInfo> volumes = await ResolveAsync(_system.Mount, _engine);
        int whole = 0, none = 0, part = 0;
        bool killed = true;
        foreach ((string call, int count) in new[] { "ioctl", "renameat" }.SelectMany(call => Enumerable.Range(1, MostCalls).Select(count => (call, count))))
        {
            if (count > 1 && !killed)
            {
                continue; // There are no more calls of this kind.
            }

            killed = await RunGroupAsync(call, count);
            await using var engine = new BtrfsStorageEngine(null);
            IGroupSnapshots groups = engine.Feature<IGroupSnapshots>()!;
            var members = new List<SnapshotInfo>();
            foreach (VolumeInfo volume in await ResolveAsync(_system.Mount, engine))
            {
                members.AddRange(await engine.Feature<ISnapshots>()!.ListAsync(volume.Ref, null, Cancel).ToListAsync(Cancel));
            }

            if (members.Count > 0)
            {
                string id = Assert.Single(members.Select(each => each.GroupId).Distinct())!;
                GroupSnapshotInfo group = await groups.GetAsync(id, Cancel);
                Assert.Equal(members.Count == volumes.Count, group.Complete);
                await groups.DeleteAsync(id, [.. group.Members.Select(each => each.Ref)], Cancel);
                (whole, part) = group.Complete ? (whole + 1, part) : (whole, part + 1);
            }
            else
            {
                none++;
            }

            GroupSnapshotInfo again = await groups.CreateAsync([.. volumes.Select(each => each.Ref)], "g", Cancel);
            Assert.True(again.Complete);
            await groups.DeleteAsync(again.Id, [.. again.Members.Select(each => each.Ref)], Cancel);
            Assert.Equal([], Stage.Leftovers(_system.Mount));
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{whole} whole, {part} in part, {none} none");
        Assert.True(part > 0 && none > 0, $"{whole} {part} {none}");
    }

    private async Task<bool> RunGroupAsync(string call, int count)
    {
        string host = Environment.ProcessPath!;
        string[] run = host.EndsWith("dotnet", StringComparison.Ordinal) ? [host, "exec", typeof(GroupKillTests).Assembly.Location] : [host];
        string[] line =
        [
            "-f", "-qq", "-o", "/dev/null", "-e", $"trace={call}", "-e", $"inject={call}:signal=SIGKILL:when={count}",
            .. run, "-method", $"{typeof(GroupKillTests).FullName}.{nameof(Child)}",
        ];
        var start = new ProcessStartInfo("strace", line) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment[Variable] = _system.Mount;
        using Process child = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        Task<string> error = child.StandardError.ReadToEndAsync(limit.Token);
        string output = await child.StandardOutput.ReadToEndAsync(limit.Token);
        await child.WaitForExitAsync(limit.Token);
        Assert.True(child.ExitCode is 0 or Killed, $"the child ended with {child.ExitCode}: {output}{await error}");
        return child.ExitCode == Killed;
    }

    // Not a test of its own: what the test above starts and kills.
    [Fact]
    public async Task Child()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { } mount)
        {
            return;
        }

        await using var engine = new BtrfsStorageEngine(null);
        List<VolumeInfo> volumes = await ResolveAsync(mount, engine);
        await engine.Feature<IGroupSnapshots>()!.CreateAsync([.. volumes.Select(each => each.Ref)], "g", Cancel);
    }

    private static async Task<List<VolumeInfo>> ResolveAsync(string mount, BtrfsStorageEngine engine)
    {
        var volumes = new List<VolumeInfo>();
        foreach (string name in Names)
        {
            volumes.Add(await engine.ResolveVolumeAsync(BytePath.FromString(Path.Combine(mount, name)), Cancel));
        }

        return volumes;
    }
}
