using System.Diagnostics;
using System.Text;
using StorageEngines.TarRsync;

namespace StorageEngines.Platform.Tests.Portable;

/// <summary>A whole archive and the differences after it, restored in order by GNU tar and nothing else, give the live tree.</summary>
public sealed class GnuTarInOrderTests : IDisposable
{
    private const int Generations = 5;

    private readonly string _directory = Directory.CreateTempSubdirectory("seng-test-tar-").FullName;

    private string Live => Path.Combine(_directory, "live");

    private string Restored => Path.Combine(_directory, "restored");

    public void Dispose() => Run("rm", "-rf", _directory);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Random_generations_restored_in_order_are_the_live_tree(int seed)
    {
        Require();
        Directory.CreateDirectory(Live);
        Directory.CreateDirectory(Restored);
        var random = new Random(seed);
        await using var engine = new TarRsyncStorageEngine(Path.Combine(_directory, "store"), TimeProvider.System);
        VolumeRef volume = (await engine.ResolveVolumeAsync(BytePath.FromString(Live))).Ref;
        ISnapshots snapshots = engine.Feature<ISnapshots>()!;
        SnapshotInfo? last = null;
        for (int generation = 0; generation <= Generations; generation++)
        {
            for (int i = 0; i < 60; i++)
            {
                Disturb(random);
            }

            SnapshotInfo now = await snapshots.CreateAsync(new CreateSnapshotRequest(volume, $"g{generation}"));
            await RestoreAsync(engine, last, now);
            last = now;
        }
    }

    [Theory]
    [InlineData("mkdir d; echo 1 >d/a; echo 2 >d/b", "rm d/a")]
    [InlineData("mkdir -p d/e; echo 1 >d/e/a", "rm -r d; echo file >d")]
    [InlineData("echo file >d", "rm d; mkdir -p d/e; echo 1 >d/e/a")]
    [InlineData("mkdir -p d/e; echo 1 >d/e/a; echo 2 >d/b", "rm -r d; mkdir d; echo 3 >d/c")]
    [InlineData("mkdir -p d/e f; echo 1 >d/e/a; echo 2 >f/b", "mv d x; mv f d; mv x f")]
    [InlineData("mkdir -p d/e; echo 1 >d/e/a", "mv d/e e; rmdir d; mv e d")]
    [InlineData("echo 1 >a; ln a b; ln a c", "rm b; echo 2 >b; ln c d")]
    [InlineData("mkdir d; ln -s d l", "rm l; mkdir l; echo 1 >l/a")]
    [InlineData("mkdir d; echo 1 >d/a", "rm -r d; ln -s /tmp d")]
    [InlineData("mkdir d; echo 1 >d/a; touch -d 2001-02-03 d", "rm d/a; touch -d 2001-02-03 d")]
    [InlineData("mkdir -p d/e; echo 1 >d/e/a; echo 2 >d/b", "rm d/b; mv d/e d/b; mkdir d/e; mv d/b/a d/e/z")]
    public async Task Each_way_a_name_can_leave_is_followed(string before, string after)
    {
        Require();
        Directory.CreateDirectory(Live);
        Directory.CreateDirectory(Restored);
        await using var engine = new TarRsyncStorageEngine(Path.Combine(_directory, "store"), TimeProvider.System);
        VolumeRef volume = (await engine.ResolveVolumeAsync(BytePath.FromString(Live))).Ref;
        ISnapshots snapshots = engine.Feature<ISnapshots>()!;
        Run("bash", "-c", $"cd '{Live}' && {before}");
        SnapshotInfo first = await snapshots.CreateAsync(new CreateSnapshotRequest(volume, "s1"));
        await RestoreAsync(engine, null, first);
        Run("bash", "-c", $"cd '{Live}' && {after}");
        await RestoreAsync(engine, first, await snapshots.CreateAsync(new CreateSnapshotRequest(volume, "s2")));
    }

    private static void Require()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "backend missing: root: owners of the restored tree need it");
        Assert.SkipUnless(File.Exists("/usr/bin/tar") || File.Exists("/bin/tar"), "backend missing: tar: the program is not installed");
        Assert.SkipUnless(File.Exists("/usr/bin/rsync"), "backend missing: rsync: needed to compare");
    }

    private async Task RestoreAsync(TarRsyncStorageEngine engine, SnapshotInfo? from, SnapshotInfo to)
    {
        string archive = Path.Combine(_directory, to.Ref.Name + ".tar");
        await using (FileStream file = File.Create(archive))
        {
            await TreeDifferential.ExportAsync(engine, from, to, file, DifferentialFormat.Tar);
        }

        Run("tar", "--extract", "--listed-incremental=/dev/null", "--preserve-permissions", "--numeric-owner", "--xattrs", "--xattrs-include=*", "--file", archive, "-C", Restored);
        Assert.Equal("", Run("rsync", "-aHAXn", "--checksum", "--modify-window=-1", "--delete", "-i", Live + "/", Restored + "/"));
    }

    private void Disturb(Random random)
    {
        List<string> names = [.. Directory.EnumerateFileSystemEntries(Live, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        string New()
        {
            List<string> parents = [Live, .. names.Where(name => Directory.Exists(name) && new FileInfo(name).LinkTarget is null)];
            return Path.Combine(parents[random.Next(parents.Count)], $"{(char)('a' + random.Next(12))}{(random.Next(9) == 0 ? " \nodd" : "")}");
        }

        string any = names.Count == 0 ? New() : names[random.Next(names.Count)];
        string to = New();
        bool taken = Path.Exists(to) || new FileInfo(to).LinkTarget is not null;
        bool isFile = File.Exists(any) && new FileInfo(any).LinkTarget is null;
        switch (random.Next(10))
        {
            case 0 or 1 when !taken:
                File.WriteAllBytes(to, new byte[random.Next(3)].Concat(Encoding.ASCII.GetBytes(new string('x', random.Next(80_000)) + random.Next())).ToArray());
                break;
            case 2 or 3 when !taken:
                Directory.CreateDirectory(to);
                break;
            case 4 when !taken:
                File.CreateSymbolicLink(to, $"target{random.Next(5)}");
                break;
            case 5 when !taken && isFile:
                Run("ln", any, to);
                break;
            case 6 when names.Count > 15:
                Run("rm", "-rf", any);
                break;
            case 7 when !taken && Path.Exists(any) && !to.StartsWith(any + "/", StringComparison.Ordinal):
                Run("mv", any, to);
                break;
            case 8 when isFile:
                File.AppendAllText(any, "more");
                break;
            case 9 when isFile:
                Run("setfattr", "-n", "user.note", "-v", $"{random.Next()}", any);
                Run("chmod", $"{random.Next(8)}{random.Next(8)}{random.Next(8)}", any);
                break;
        }
    }

    private static string Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0 && errors.Result.Length == 0, $"{program} {string.Join(' ', arguments)}: {process.ExitCode}\n{output}{errors.Result}");
        return output;
    }
}
