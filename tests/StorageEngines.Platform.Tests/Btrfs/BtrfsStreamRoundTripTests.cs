using StorageEngines.Btrfs;
using StorageEngines.Btrfs.Streams;

namespace StorageEngines.Platform.Tests.Btrfs;

/// <summary>Streams between this engine and btrfs-progs, both ways: whole ones, and chains of differences.</summary>
public sealed class BtrfsStreamRoundTripTests : IAsyncLifetime
{
    private const int Rounds = 5;

    private readonly BtrfsLoop _system = BtrfsLoop.MakeOrSkip();
    private readonly List<BtrfsStorageEngine> _engines = [];

    public static TheoryData<string> Kinds => ["1", "2", "2-compressed"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        Assert.SkipUnless(StreamScripts.CanRun, "backend missing: btrfs: setfattr, setfacl, setcap and rsync are needed to make the tree");
        return default;
    }

    public async ValueTask DisposeAsync()
    {
        Remove(Path.GetFullPath(Path.Combine(_system.Mount, "..", "plain")));
        foreach (BtrfsStorageEngine engine in _engines)
        {
            await engine.DisposeAsync();
        }

        _system.Dispose();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Btrfs_receive_takes_what_is_exported(string kind)
    {
        BtrfsStorageEngine engine = Engine(kind);
        (string path, VolumeInfo volume) = await VolumeAsync(engine, "source", kind == "2-compressed" ? "zstd" : "");
        string received = Path.Combine(_system.Mount, "received");
        Directory.CreateDirectory(received);
        ChangeToken? before = null;
        foreach (SnapshotInfo snapshot in await HistoryAsync(engine, path, volume))
        {
            string file = Path.Combine(_system.Mount, snapshot.Ref.Name + ".send");
            await ExportAsync(engine, before, snapshot, file);
            BtrfsLoop.Btrfs("receive", "-e", "-f", file, received);
            StreamScripts.AssertSame(DataOf(volume, snapshot), Path.Combine(received, snapshot.Ref.Name!));
            before = snapshot.ChangeToken;
        }
    }

    [Theory]
    [InlineData("1", "")]
    [InlineData("2", "")]
    [InlineData("2", "zlib")]
    [InlineData("2", "zstd")]
    [InlineData("2", "lzo")]
    public async Task What_btrfs_sends_is_applied(string version, string compression)
    {
        BtrfsStorageEngine engine = Engine("2");
        (string path, VolumeInfo volume) = await VolumeAsync(engine, "source", compression);
        (_, VolumeInfo copy) = await VolumeAsync(engine, "copy", "");
        string plain = Path.GetFullPath(Path.Combine(_system.Mount, "..", "plain"));
        SnapshotInfo? last = null;
        string? parent = null;
        foreach (SnapshotInfo snapshot in await HistoryAsync(engine, path, volume))
        {
            string file = Path.Combine(_system.Mount, "sent"), data = DataOf(volume, snapshot);
            string[] options = [.. compression.Length > 0 ? ["--compressed-data"] : Array.Empty<string>(), .. parent is null ? Array.Empty<string>() : ["-p", parent]];
            BtrfsLoop.Btrfs(["send", "--proto", version, .. options, "-f", file, data]);
            SnapshotInfo brought;
            await using (FileStream stream = File.OpenRead(file))
            {
                brought = await engine.Feature<IDifferentials>()!.ApplyAsync(stream, copy.Ref, null, Cancel);
            }

            StreamScripts.AssertSame(data, DataOf(copy, brought));
            StreamScripts.AssertSame(data, copy.Location.ToString());
            Assert.Equal(last is null ? null : await ChangesAsync(engine, await PreviousAsync(engine, volume, snapshot), snapshot), last is null ? null : await ChangesAsync(engine, last, brought));

            // The same onto a directory of another file system.
            await using (FileStream stream = File.OpenRead(file))
            {
                await TreeDifferential.ApplyAsync(stream, BytePath.FromString(plain), new ApplyOptions { StateDirectory = Path.Combine(_system.Mount, "state") }, Cancel);
            }

            StreamScripts.AssertSame(data, plain);
            (last, parent) = (brought, data);
            File.Delete(file);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_chain_goes_to_another_volume_and_back(string kind)
    {
        BtrfsStorageEngine engine = Engine(kind);
        (string path, VolumeInfo volume) = await VolumeAsync(engine, "source", kind == "2-compressed" ? "lzo" : "");
        (string there, VolumeInfo copy) = await VolumeAsync(engine, "copy", "");
        SnapshotInfo? last = null, brought = null;
        foreach (SnapshotInfo snapshot in await HistoryAsync(engine, path, volume))
        {
            string file = Path.Combine(_system.Mount, "stream");
            await ExportAsync(engine, last?.ChangeToken, snapshot, file);
            brought = await ApplyAsync(engine, file, copy);
            Assert.Equal(snapshot.Ref.Name, brought.Ref.Name);
            StreamScripts.AssertSame(DataOf(volume, snapshot), there);
            File.Delete(file);
            last = snapshot;
        }

        // The copy is changed, and its difference from what it received fits the original.
        StreamScripts.Change(there, Rounds + 1);
        SnapshotInfo changed = await CreateAsync(engine, copy, "back");
        string back = Path.Combine(_system.Mount, "back");
        await ExportAsync(engine, brought!.ChangeToken, changed, back);
        SnapshotInfo home = await ApplyAsync(engine, back, volume);
        StreamScripts.AssertSame(there, path);
        StreamScripts.AssertSame(there, DataOf(volume, home));
    }

    [Fact]
    public async Task A_portable_stream_of_any_tree_is_applied_to_a_subvolume()
    {
        BtrfsStorageEngine engine = Engine("2");
        (string path, VolumeInfo volume) = await VolumeAsync(engine, "source", "");
        (string there, VolumeInfo copy) = await VolumeAsync(engine, "copy", "");
        SnapshotInfo? last = null;
        foreach (SnapshotInfo snapshot in await HistoryAsync(engine, path, volume))
        {
            using var stream = new MemoryStream();
            await TreeDifferential.ExportAsync(engine, last, snapshot, stream, DifferentialFormat.BtrfsSend, null, Cancel);
            stream.Position = 0;
            await engine.Feature<IDifferentials>()!.ApplyAsync(stream, copy.Ref, null, Cancel);
            StreamScripts.AssertSame(path.Length > 0 ? DataOf(volume, snapshot) : "", there);
            last = snapshot;
        }
    }

    [Fact]
    public async Task A_plan_tells_about_how_long_the_stream_will_be()
    {
        foreach (string kind in new[] { "1", "2" })
        {
            BtrfsStorageEngine engine = Engine(kind);
            (string path, VolumeInfo volume) = await VolumeAsync(engine, "plan-" + kind, "");
            List<SnapshotInfo> history = await HistoryAsync(engine, path, volume);
            foreach ((ChangeToken? from, SnapshotInfo to) in new[] { (null, history[0]), (history[0].ChangeToken, history[^1]) })
            {
                TransferPlan plan = await engine.Feature<IDifferentials>()!.PlanAsync(from, to.Ref, null, Cancel);
                using var stream = new MemoryStream();
                await engine.Feature<IDifferentials>()!.ExportAsync(plan, stream, null, Cancel);
                Assert.Equal((StreamKind.Plain, kind), (plan.Format, plan.FormatVersion.ToString(System.Globalization.CultureInfo.InvariantCulture)));
                Assert.InRange(plan.EstimatedBytes!.Value, stream.Length * 0.95, stream.Length * 1.6);
            }
        }
    }

    // Names that are not UTF-8 cannot be removed by Directory.Delete.
    private static void Remove(string directory) => BtrfsLoop.Run("rm", "-rf", directory);

    private static async Task ExportAsync(BtrfsStorageEngine engine, ChangeToken? from, SnapshotInfo to, string file)
    {
        IDifferentials differentials = engine.Feature<IDifferentials>()!;
        TransferPlan plan = await differentials.PlanAsync(from, to.Ref, null, Cancel);
        await using FileStream stream = File.Create(file);
        await differentials.ExportAsync(plan, stream, null, Cancel);
    }

    private static async Task<SnapshotInfo> ApplyAsync(BtrfsStorageEngine engine, string file, VolumeInfo volume)
    {
        await using FileStream stream = File.OpenRead(file);
        return await engine.Feature<IDifferentials>()!.ApplyAsync(stream, volume.Ref, null, Cancel);
    }

    private static async Task<SnapshotInfo> PreviousAsync(BtrfsStorageEngine engine, VolumeInfo volume, SnapshotInfo snapshot)
    {
        List<SnapshotInfo> all = await engine.Feature<ISnapshots>()!.ListAsync(volume.Ref, null, Cancel).ToListAsync(Cancel);
        return all[all.FindIndex(each => each.Ref.Id == snapshot.Ref.Id) - 1];
    }

    private static async Task<List<string>> ChangesAsync(BtrfsStorageEngine engine, SnapshotInfo from, SnapshotInfo to)
    {
        List<FileChange> changes = await engine.Feature<IFileDiff>()!.DiffAsync(new FileDiffQuery(from.ChangeToken!, to.Ref), Cancel).ToListAsync(Cancel);
        return [.. changes.Where(each => (each.Kind & (FileChangeKind.Added | FileChangeKind.Removed | FileChangeKind.Renamed | FileChangeKind.Content)) != 0).Select(each => $"{each.Path} {each.OldPath}").Order(StringComparer.Ordinal)];
    }

    private static string DataOf(VolumeInfo volume, SnapshotInfo snapshot)
        => Path.Combine(volume.Location.Parent.ToString(), ".seng-snapshots", volume.Ref.Id.Split(':')[1], snapshot.Ref.Name!, "data");

    private static Task<SnapshotInfo> CreateAsync(BtrfsStorageEngine engine, VolumeInfo volume, string name)
        => engine.Feature<ISnapshots>()!.CreateAsync(new CreateSnapshotRequest(volume.Ref, name), Cancel);

    private static async Task<List<SnapshotInfo>> HistoryAsync(BtrfsStorageEngine engine, string path, VolumeInfo volume)
    {
        StreamScripts.Make(path);
        List<SnapshotInfo> history = [await CreateAsync(engine, volume, "round-0")];
        for (int round = 1; round <= Rounds; round++)
        {
            StreamScripts.Change(path, round);
            history.Add(await CreateAsync(engine, volume, $"round-{round}"));
        }

        return history;
    }

    private BtrfsStorageEngine Engine(string kind)
    {
        var engine = new BtrfsStorageEngine(null, StreamKind.Parse(kind));
        _engines.Add(engine);
        return engine;
    }

    private async Task<(string Path, VolumeInfo Volume)> VolumeAsync(BtrfsStorageEngine engine, string name, string compression)
    {
        string path = _system.MakeSubvolume(name);
        if (compression.Length > 0)
        {
            BtrfsLoop.Btrfs("property", "set", path, "compression", compression);
        }

        return (path, await engine.ResolveVolumeAsync(BytePath.FromString(path), Cancel));
    }
}
