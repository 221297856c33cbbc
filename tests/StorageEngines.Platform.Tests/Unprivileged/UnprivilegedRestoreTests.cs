using System.Diagnostics;
using StorageEngines.TarRsync;

namespace StorageEngines.Platform.Tests.Unprivileged;

/// <summary>An ordinary user restores what root took a snapshot of: all that a user can do comes back, the rest is told.</summary>
public sealed class UnprivilegedRestoreTests : IDisposable
{
    private const string Nobody = "65534";
    private const string Variable = "SENG_UNPRIVILEGED_PLACE";
    private readonly string _directory = Directory.CreateTempSubdirectory("seng-test-nobody-").FullName;

    public static TheoryData<string> Ways => ["restore", "btrfs", "tar", "clone"];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task What_a_user_can_restore_comes_back_and_the_rest_is_told(string way)
    {
        await PrepareAsync();
        await RunAsUserAsync(way);
        string first = In("first");
        AssertContent(first);
        Assert.Equal("one", File.ReadAllText($"{first}/readonly/inner/file"));
        Assert.Equal("hidden", File.ReadAllText($"{first}/dark/below/file"));
        Assert.Equal("0", Stat($"{first}/secret", "%a"));
        Assert.Equal("555", Stat($"{first}/readonly", "%a"));
        Assert.Equal("555", Stat($"{first}/readonly/inner", "%a"));
        Assert.Equal("0", Stat($"{first}/dark", "%a"));
        Assert.Equal("755 65534:65534", Stat($"{first}/borrowed", "%a %u:%g"));
        Assert.Equal("kept", Run("getfattr", "--only-values", "--absolute-names", "-n", "user.note", $"{first}/readonly/inner/file"));
        Assert.Equal(Stat(In("live") + "/dark", "%.Y"), Stat($"{first}/dark", "%.Y"));
        string told = File.ReadAllText(In("told"));
        foreach (string warning in new[] { "owners are not set", "device nodes are left out", "set-user-id and set-group-id bits are left out" })
        {
            Assert.Contains(warning, told, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("restore btrfs")]
    [InlineData("restore tar")]
    [InlineData("btrfs btrfs")]
    [InlineData("tar tar")]
    public async Task Difference_applies_to_what_a_user_restored(string ways)
    {
        await PrepareAsync();
        await RunAsUserAsync(ways);
        string tree = In("first");
        AssertContent(tree);
        Assert.Equal("two", File.ReadAllText($"{tree}/readonly/inner/file"));
        Assert.Equal("new", File.ReadAllText($"{tree}/readonly/inner/new"));
        Assert.False(File.Exists($"{tree}/readonly/old"));
        Assert.Equal("moved", File.ReadAllText($"{tree}/dark/below/moved"));
        Assert.Equal("changed", File.ReadAllText($"{tree}/secret"));
        Assert.Equal("555", Stat($"{tree}/readonly", "%a"));
        Assert.Equal("555", Stat($"{tree}/readonly/inner", "%a"));
        Assert.Equal("0", Stat($"{tree}/dark", "%a"));
        Assert.False(Directory.Exists(tree + ".seng-applying"));
        Assert.Equal(["first"], Directory.GetDirectories(_directory, "first*").Select(Path.GetFileName));
    }

    // Not a test of its own: what the tests above start as another user.
    [Fact]
    public async Task Child_that_restores()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { } place)
        {
            return;
        }

        string[] ways = Environment.GetEnvironmentVariable(Variable + "_WAYS")!.Split(' ');
        await using var engine = new TarRsyncStorageEngine(Path.Combine(place, "store"), TimeProvider.System);
        List<SnapshotInfo> snapshots = await engine.Feature<ISnapshots>()!.ListAsync(null).ToListAsync();
        var told = new Told(Path.Combine(place, "told"));
        string state = Path.Combine(place, "state");
        BytePath target = BytePath.FromString(Path.Combine(place, "first"));
        switch (ways[0])
        {
            case "restore":
                await TreeRestore.RestoreAsync(engine, snapshots[0], target, new RestoreOptions { StateDirectory = state, Progress = told });
                break;
            case "clone":
                await engine.Feature<ISnapshots>()!.CloneAsync(snapshots[0].Ref, target, told);
                break;
            default:
                await CarryAsync(engine, null, snapshots[0], ways[0], target, new ApplyOptions { StateDirectory = state, Progress = told });
                break;
        }

        if (ways.Length > 1)
        {
            await CarryAsync(engine, snapshots[0], snapshots[1], ways[1], target, new ApplyOptions { StateDirectory = state, Progress = told });
        }
    }

    public void Dispose() => Run("rm", "-rf", _directory);

    private static async Task CarryAsync(
        TarRsyncStorageEngine engine, SnapshotInfo? from, SnapshotInfo to, string way, BytePath target, ApplyOptions options)
    {
        var stream = new MemoryStream();
        await TreeDifferential.ExportAsync(engine, from, to, stream, way == "tar" ? DifferentialFormat.Tar : DifferentialFormat.BtrfsSend);
        stream.Position = 0;
        await TreeDifferential.ApplyAsync(stream, target, options);
    }

    private static void AssertContent(string tree)
    {
        Assert.False(File.Exists($"{tree}/devices/null"));
        Assert.False(File.Exists($"{tree}/devices/again"));
        Assert.True(File.Exists($"{tree}/devices/pipe"));
        Assert.Equal("65534:65534", Stat($"{tree}/foreign", "%u:%g"));
    }

    private async Task PrepareAsync()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "backend missing: root: another user is taken on");
        Assert.SkipUnless(File.Exists("/usr/bin/setpriv"), "backend missing: setpriv: the program is not installed");
        Assert.SkipUnless(File.Exists("/usr/bin/getfattr"), "backend missing: attr: getfattr is not installed");
        string live = Directory.CreateDirectory(In("live")).FullName;
        Run("sh", "-c", $"""
            set -e; cd '{live}'
            mkdir -p readonly/inner dark/below devices
            printf one >readonly/inner/file; setfattr -n user.note -v kept readonly/inner/file; chmod 444 readonly/inner/file
            printf old >readonly/old; printf hidden >dark/below/file; printf moved >movable
            printf secret >secret; chmod 0 secret; printf foreign >foreign; chown 1234:4321 foreign
            printf borrowed >borrowed; chown 1234:4321 borrowed; chmod 4755 borrowed
            mknod devices/null c 1 3; ln devices/null devices/again; mknod devices/disk b 7 200; mkfifo devices/pipe
            chmod 555 readonly/inner readonly; chmod 0 dark
            """);
        await using var engine = new TarRsyncStorageEngine(In("store"), TimeProvider.System);
        VolumeInfo volume = await engine.ResolveVolumeAsync(BytePath.FromString(live));
        await engine.Feature<ISnapshots>()!.CreateAsync(new CreateSnapshotRequest(volume.Ref, "first"));
        Run("sh", "-c", $"""
            set -e; cd '{live}'
            printf two >readonly/inner/file; printf new >readonly/inner/new; rm readonly/old; mv movable dark/below/moved
            printf changed >secret; rm devices/again; chmod 600 devices/null; chown 5:5 devices/null; mv devices/disk devices/moved; mknod devices/zero c 1 5
            """);
        await engine.Feature<ISnapshots>()!.CreateAsync(new CreateSnapshotRequest(volume.Ref, "second"));
        Run("chown", "-R", $"{Nobody}:{Nobody}", In("store"));
        Run("chmod", "777", _directory);
    }

    private async Task RunAsUserAsync(string ways)
    {
        string host = Environment.ProcessPath!;
        string[] run = host.EndsWith("dotnet", StringComparison.Ordinal) ? [host, "exec", typeof(UnprivilegedRestoreTests).Assembly.Location] : [host];
        string[] line = ["--reuid", Nobody, "--regid", Nobody, "--clear-groups", .. run, "-method", $"{typeof(UnprivilegedRestoreTests).FullName}.{nameof(Child_that_restores)}"];
        var start = new ProcessStartInfo("setpriv", line) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment[Variable] = _directory;
        start.Environment[Variable + "_WAYS"] = ways;
        start.Environment["HOME"] = In("home");
        using Process child = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        Task<string> error = child.StandardError.ReadToEndAsync(limit.Token);
        string output = await child.StandardOutput.ReadToEndAsync(limit.Token);
        await child.WaitForExitAsync(limit.Token);
        Assert.True(child.ExitCode == 0, $"the child ended with {child.ExitCode}: {output}{await error}");
    }

    private string In(string name) => Path.Combine(_directory, name);

    private static string Stat(string path, string format) => Run("stat", "-c", format, path).Trim();

    private static string Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}");
        return output;
    }

    private sealed class Told(string file) : IProgress<OperationProgress>
    {
        private readonly Lock _gate = new();

        public void Report(OperationProgress value)
        {
            if (value.Phase.StartsWith("warning:", StringComparison.Ordinal))
            {
                lock (_gate)
                {
                    File.AppendAllText(file, value.Phase + "\n");
                }
            }
        }
    }
}
