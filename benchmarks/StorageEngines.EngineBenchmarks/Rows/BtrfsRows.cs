using System.Runtime.InteropServices;
using System.Text.Json;
using StorageEngines.Btrfs.Differences;
using StorageEngines.EngineBenchmarks.Measuring;
using StorageEngines.EngineBenchmarks.Workloads;

namespace StorageEngines.EngineBenchmarks.Rows;

/// <summary>What changed between two snapshots of a loop-mounted Btrfs: by the trees, by send, and by the programs that people use.</summary>
internal sealed class BtrfsRows : IWorkloadRows
{
    private const string Mount = "btrfs";
    private const int LaterSnapshots = 80;
    private const int Fragments = 140_000;

    private readonly Scene _scene;
    private readonly ImageWorkload _image;
    private readonly TreeWorkload _tree;
    private readonly List<PosixSignalRegistration> _signals = [];
    private readonly Dictionary<string, BtrfsCaller> _callers;
    private bool _mounted;

    public BtrfsRows(Scene scene)
    {
        _scene = scene;
        _image = new ImageWorkload(scene.Settings.Scale);
        _tree = new TreeWorkload(At("tree"), scene.Settings.Scale);
        _callers = new[] { "tree", "image", "fragmented", "many" }.ToDictionary(name => name, name => new BtrfsCaller(At(name)));
        _callers.Add("written", new BtrfsCaller(At("tree"), "second", "third"));
    }

    public string FileName => "btrfs-changes";

    public string Title => "Btrfs: what changed between two snapshots";

    public string Description => $"{_tree.Description} And: {_image.Description}";

    public async Task<IReadOnlyList<Row>> PrepareAsync()
    {
        if (!_scene.Has("mkfs.btrfs") || !_scene.Has("losetup") || !Environment.IsPrivilegedProcess)
        {
            _scene.Missing.Add("root's right to mount Btrfs");
            return [];
        }

        await _scene.RunAsync($"truncate -s 24G disk && mkfs.btrfs -q disk && mkdir -p {Mount} && mount -o loop,noatime disk {Mount}");
        _mounted = true;
        _signals.AddRange(new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT }.Select(signal => PosixSignalRegistration.Create(signal, _ => Abandon())));
        return [
            TreeRow("btrfs-send", "The send way, 1 % of the files written to, called by a program that runs already", [
                Diff("the engine, by send", ContestantRole.Engine, ComparePath.Send, "written"), Bare("written")], "The limit is the system call alone, its stream read into a buffer and forgotten: no list of changes, no sizes, nothing checked."),
            TreeRow("btrfs-written", "Which files changed, 1 % of the files written to, called by a program that runs already", [
                Diff("the engine", ContestantRole.Engine, ComparePath.Cheaper, "written"), Diff("the engine, by send", ContestantRole.Peer, ComparePath.Send, "written") with { EngineFasterBy = 5 }], null),
            TreeRow("btrfs-tree", "Which files changed, W2's change with names that come and go, called by a program that runs already", [
                Diff("the engine", ContestantRole.Engine, ComparePath.Cheaper), Diff("the engine, by send", ContestantRole.Peer, ComparePath.Send) with { EngineFasterBy = 5 }], null),
            ImageRow("image", "Which ranges of an image changed", 2),
            ImageRow("fragmented", "The same of an image of 280,000 extents", null),
            ImageRow("many", "The same with 80 later snapshots", null),
            TreeRow("btrfs-tool", "Which files changed, whole processes", [Tool("first", "second"), Snapper("1..2"), Dump("first", "second")], "snapper's cache is removed before each run. receive --dump prints the commands of the stream, and no list of changes."),
            TreeRow("btrfs-tool-written", "Which files changed, 1 % of the files written to, whole processes", [Tool("second", "third"), Snapper("2..3"), Dump("second", "third")], "As above."),
        ];
    }

    /// <summary>Takes the mount away, also after a failure.</summary>
    public async ValueTask DisposeAsync()
    {
        _signals.ForEach(signal => signal.Dispose());
        _signals.Clear();
        foreach (BtrfsCaller caller in _callers.Values)
        {
            await caller.DisposeAsync();
        }

        if (_mounted)
        {
            _mounted = false;
            await _scene.RunAsync($"umount {Mount} && rm -f disk");
        }
    }

    private void Abandon() => Shell.RunAsync($"umount -l {Mount}", _scene.Folder).GetAwaiter().GetResult();

    private string At(string name) => _scene.At($"{Mount}/{name}");

    private Row TreeRow(string id, string title, IReadOnlyList<Contestant> contestants, string? note) => new(id, title, contestants) { Begin = MakeTreeAsync, Note = note };

    private Row ImageRow(string name, string title, double? faster) => new($"btrfs-{name}", $"{title}, called by a program that runs already", [
        Changes(name, "the engine", ContestantRole.Engine, ComparePath.Cheaper),
        Changes(name, "the engine, by send", ContestantRole.Peer, ComparePath.Send) with { EngineFasterBy = faster, EngineWithin = faster is null ? 1.15 : null },
        Changes(name, "the engine, by the trees", ContestantRole.Peer, ComparePath.Trees) with { EngineWithin = 1.15 }])
    {
        Begin = () => MakeImageAsync(name),
    };

    private Contestant Diff(string name, ContestantRole role, ComparePath path, string change = "tree")
    {
        List<FileChange> answer = [];
        return new(name, role, "")
        {
            Call = async () => answer = await _callers[change].DiffAsync(path),
            Check = () => Task.FromResult($"{(change == "tree" ? BtrfsCaller.Check(_tree, answer) : BtrfsCaller.CheckWritten(_tree, answer))}, {_callers[change].LastPath}"),
        };
    }

    private Contestant Changes(string subvolume, string name, ContestantRole role, ComparePath path)
    {
        List<Extent> answer = [];
        return new(name, role, "")
        {
            Call = async () => answer = await _callers[subvolume].ChangesAsync(path, "image"),
            Check = () => Task.FromResult($"{TruthFile.Compare(_image.Truth, answer)}, {_callers[subvolume].LastPath}"),
        };
    }

    private Contestant Bare(string change) => new("the system call", ContestantRole.Limit, "") { Call = () => Task.Run(_callers[change].Drain), EngineWithin = 1.03 };

    private Contestant Tool(string from, string to) => new("storage-engines diff", ContestantRole.Engine, $"exec {_scene.Settings.Tool} --json --quiet diff btrfs:{At("tree")}@{from} @{to} >diff.json")
    {
        Check = async () =>
        {
            string[] lines = await File.ReadAllLinesAsync(_scene.At("diff.json"));
            return from == "first" ? BtrfsCaller.Check(_tree, lines.Select(Parse)) : BtrfsCaller.CheckWritten(_tree, lines.Where(HasContent).Select(line => Parse(line).Path));
        },
    };

    private Contestant Snapper(string range) => new("snapper status", ContestantRole.Peer, $"exec snapper --no-dbus --root {_scene.At(Mount)} -c tree status {range} >status.snapper")
    {
        Prepare = () => _scene.RunAsync($"rm -f {At("tree")}/.snapshots/[23]/filelist-*"),
        EngineFasterBy = 3,
    };

    private static Contestant Dump(string from, string to)
        => new("btrfs send --no-data, receive --dump", ContestantRole.Peer, $"btrfs send -q --no-data -p $(cat {from}) $(cat {to}) | btrfs receive --dump >dump") { EngineFasterBy = 3 };

    private static bool HasContent(string line)
    {
        using JsonDocument change = JsonDocument.Parse(line);
        return change.RootElement.GetProperty("kinds").EnumerateArray().Any(kind => kind.GetString() == "content");
    }

    private static (string Path, bool IsGone, string? OldPath) Parse(string line)
    {
        using JsonDocument change = JsonDocument.Parse(line);
        JsonElement root = change.RootElement;
        bool isGone = root.GetProperty("kinds").EnumerateArray().Select(kind => kind.GetString()).SequenceEqual(["removed"]);
        return (root.GetProperty("path").GetString()!, isGone, root.TryGetProperty("oldPath", out JsonElement old) ? old.GetString() : null);
    }

    private Task MakeTreeAsync() => _scene.MakeOnceAsync($"{Mount}/tree", async () =>
    {
        await _scene.RunAsync($"btrfs -q subvolume create {At("tree")}");
        await Task.Run(_tree.Create);
        await _callers["tree"].SnapshotAsync("first");
        await _scene.RunAsync($"btrfs -q subvolume create {At("tree")}/.snapshots && mkdir -p {At("tree")}/.snapshots/1 {At("tree")}/.snapshots/2 {At("tree")}/.snapshots/3 {Mount}/etc/snapper/configs {Mount}/etc/default"
            + $" && printf 'SUBVOLUME=\"/tree\"\\nFSTYPE=\"btrfs\"\\n' >{Mount}/etc/snapper/configs/tree && echo 'SNAPPER_CONFIGS=\"tree\"' >{Mount}/etc/default/snapper"
            + $" && for i in 1 2 3; do printf '<?xml version=\"1.0\"?>\\n<snapshot><type>single</type><num>%s</num><date>2026-01-01 00:00:00</date></snapshot>' $i >{At("tree")}/.snapshots/$i/info.xml; done"
            + $" && btrfs -q subvolume snapshot -r {At("tree")} {At("tree")}/.snapshots/1/snapshot");
        await Task.Run(_tree.Change);
        await _callers["tree"].SnapshotAsync("second");
        await _scene.RunAsync($"btrfs -q subvolume snapshot -r {At("tree")} {At("tree")}/.snapshots/2/snapshot && sync");
        await Task.Run(_tree.WriteInPlace);
        await _callers["tree"].SnapshotAsync("third");
        await _scene.RunAsync($"btrfs -q subvolume snapshot -r {At("tree")} {At("tree")}/.snapshots/3/snapshot && sync");
        await File.WriteAllTextAsync(_scene.At("first"), _callers["tree"].Place("first"));
        await File.WriteAllTextAsync(_scene.At("second"), _callers["tree"].Place("second"));
        await File.WriteAllTextAsync(_scene.At("third"), _callers["tree"].Place("third"));
    });

    private Task MakeImageAsync(string name) => _scene.MakeOnceAsync($"{Mount}/{name}", async () =>
    {
        string file = At($"{name}/image");
        await _scene.RunAsync($"btrfs -q subvolume create {At(name)}");
        if (name == "image")
        {
            _image.Create(file);
        }
        else
        {
            await MakeImageAsync("image");
            await _scene.RunAsync($"cp --reflink=always {_callers["image"].Place("first")}/image {file}");
        }

        if (name == "fragmented")
        {
            Scatter(file);
        }

        await _callers[name].SnapshotAsync("first");
        _image.Change(file);
        await _callers[name].SnapshotAsync("second");
        for (int i = 0; name == "many" && i < LaterSnapshots; i++)
        {
            await File.WriteAllTextAsync(At($"{name}/later"), $"{i}");
            await _callers[name].SnapshotAsync($"later-{i}");
        }

        await _scene.RunAsync("sync");
    });

    // Each block that is written anew becomes an extent of its own, and what is left between two of them another one.
    private void Scatter(string file)
    {
        int blocks = (int)(_image.Bytes / 4096), fragments = Fragments / _scene.Settings.Scale;
        using FileStream stream = new(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        var block = new byte[4096];
        foreach (int at in SeededBytes.Draw(new Random(7), fragments, blocks))
        {
            unchecked
            {
                block[0]++;
            }

            stream.Position = at * 4096L;
            stream.Write(block);
        }

        stream.Flush(flushToDisk: true);
    }
}
