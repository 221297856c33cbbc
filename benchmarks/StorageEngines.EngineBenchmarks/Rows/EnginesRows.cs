using System.Runtime.InteropServices;
using System.Text.Json;
using StorageEngines.CephRbd.Blocks;
using StorageEngines.EngineBenchmarks.Measuring;
using StorageEngines.EngineBenchmarks.Workloads;

namespace StorageEngines.EngineBenchmarks.Rows;

/// <summary>The engines side by side: a tree and an image file in it on one Btrfs, by <c>btrfs</c> and by <c>tarrsync</c>, and the same image in a Ceph cluster, by <c>ceph-rbd</c>; whole processes.</summary>
internal sealed class EnginesRows(Scene scene) : IWorkloadRows
{
    private const string Mount = "btrfs";
    private const string Volume = Mount + "/volume";
    private const string Store = Mount + "/.store";
    private const string ImageName = "image";

    private readonly TreeWorkload _tree = new(scene.At(Volume), scene.Settings.Scale);
    private readonly ImageWorkload _image = new(scene.Settings.Scale * 8);
    private readonly CephScene _ceph = new(scene);
    private readonly List<PosixSignalRegistration> _signals = [];
    private bool _mounted, _hasCeph;

    public string FileName => "engines";

    public string Title => "The engines side by side";

    public string Description => $"On a loop-mounted Btrfs, a subvolume with {_tree.Description} Beside them an image: {_image.Description} The same image is in a single-node Ceph cluster on the same disk. OpenZFS and LVM thin, whose storage is in an emulated machine, are in [wire.md](wire.md), by counts and bytes.";

    public async Task<IReadOnlyList<Row>> PrepareAsync()
    {
        if (!scene.Has("mkfs.btrfs") || !scene.Has("losetup") || !Environment.IsPrivilegedProcess)
        {
            scene.Missing.Add("root's right to mount Btrfs");
            return [];
        }

        await scene.RunAsync($"truncate -s {(4 * (_tree.Bytes + _image.Bytes)) + (2L << 30)} disk && mkfs.btrfs -q disk && mkdir -p {Mount}");
        await scene.RunAsync($"mount -o loop,noatime disk {Mount}");
        _mounted = true;
        _signals.AddRange(new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT }.Select(signal => PosixSignalRegistration.Create(signal, _ => Abandon())));
        await scene.RunAsync($"btrfs -q subvolume create {Volume}");
        _tree.Create();
        _image.Create(scene.At($"{Volume}/{ImageName}"));
        await scene.RunAsync($"btrfs filesystem sync {Mount}");
        if (_hasCeph = _ceph.HasPrograms())
        {
            await _ceph.UpAsync();
            await _ceph.RbdAsync($"import --no-progress {scene.At($"{Volume}/{ImageName}")} rbd/{ImageName}");
        }

        return [
            Make("engines-first", "First snapshot", "snapshot create {0}@first", DeleteAsync("first")),
            Make("engines-second", "Second snapshot, 1 % changed", "snapshot create {0}@second", DeleteAsync("second")) with { Begin = ChangeAsync },
            Make("engines-diff", "Which files changed", "diff {0}@first @second", null, CheckTree),
            WithCeph(Make("engines-delta", "Which extents of the image changed", "changes {0}@first @second --path " + ImageName, null, CheckImage), "changes {0}@first @second", CheckImage),
            WithCeph(Make("engines-export", "What changed in the image, with its data, as an RBD diff", $"export {{0}}@second --base @first --path {ImageName} --format rbd --force -o image.diff", null, CheckStream),
                "export {0}@second --base @first --format rbd --force -o image.diff", CheckStream),
        ];
    }

    /// <summary>Takes the mount away, also after a failure.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ceph.DisposeAsync();
        _signals.ForEach(signal => signal.Dispose());
        _signals.Clear();
        if (_mounted)
        {
            await scene.RunAsync($"umount {Mount}");
            _mounted = false;
        }
    }

    // Who is told to end does not come to the end of what it does; the system takes the mount away when nobody uses it any more.
    private void Abandon() => Shell.RunAsync($"umount -l {Mount}", scene.Folder).GetAwaiter().GetResult();

    private Row Make(string id, string title, string command, Func<string, Task>? prepare, Func<string, string>? check = null) => new(
        id, title, [One("btrfs", ContestantRole.Engine, command, prepare, check), One("tarrsync", ContestantRole.Peer, command, prepare, check)]);

    private Contestant One(string engine, ContestantRole role, string command, Func<string, Task>? prepare, Func<string, string>? check)
    {
        string answer = $"{engine}.json";
        return new(engine, role, $"exec {scene.Tool(Store)} {string.Format(null, command, Address(engine))} >{answer}")
        {
            Prepare = () => prepare is null ? Task.CompletedTask : prepare(engine),
            Check = check is null ? null : async () => check(await File.ReadAllTextAsync(scene.At(answer))),
        };
    }

    private Row WithCeph(Row row, string command, Func<string, string> check) => !_hasCeph ? row : row with
    {
        Contestants = [.. row.Contestants, new("ceph-rbd", ContestantRole.Peer, $"CEPH_CONF={_ceph.Conf} exec {scene.Tool(Store)} {string.Format(null, command, $"ceph-rbd:rbd/{ImageName}")} >ceph-rbd.json")
        {
            Check = async () => check(await File.ReadAllTextAsync(scene.At("ceph-rbd.json"))),
        }],
    };

    private string Address(string engine) => $"{engine}:{scene.At(Volume)}";

    private async Task ChangeAsync()
    {
        foreach (string engine in new[] { "btrfs", "tarrsync" })
        {
            await scene.RunAsync($"{scene.Tool(Store)} snapshot create {Address(engine)}@first >/dev/null");
        }

        _tree.Change();
        _image.Change(scene.At($"{Volume}/{ImageName}"));
        if (_hasCeph)
        {
            CephCaller caller = _ceph.Caller(ImageName, DiffMode.Hybrid);
            await caller.SnapshotAsync("first");
            await Task.Run(() => caller.Write(_image.Truth, scene.At($"{Volume}/{ImageName}")));
            await caller.SnapshotAsync("second");
        }

        await scene.RunAsync($"btrfs filesystem sync {Mount}");
    }

    private Func<string, Task> DeleteAsync(string name)
        => engine => scene.RunAsync($"{scene.Tool(Store)} snapshot delete {Address(engine)}@{name} --yes >/dev/null || true; btrfs filesystem sync {Mount}");

    // What is in it is proved by the tests; here, that nobody wins by leaving something out.
    private string CheckStream(string answer)
    {
        long length = new FileInfo(scene.At("image.diff")).Length, data = _image.Truth.Sum(each => each.Length);
        File.Delete(scene.At("image.diff"));
        return length >= data ? $"{length} B for {data}" : throw new WrongResultException($"the stream has {length} bytes, and {data} changed");
    }

    private string CheckImage(string answer) => TruthFile.Compare(_image.Truth, EngineAnswers.Extents(answer));

    // Directories, whose times change with what is in them, are not looked at.
    private string CheckTree(string answer)
    {
        HashSet<string> changed = [], gone = [];
        foreach (string line in answer.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using JsonDocument change = JsonDocument.Parse(line);
            JsonElement root = change.RootElement;
            string path = root.GetProperty("path").GetString()!;
            if (path == ImageName || Directory.Exists(Path.Combine(scene.At(Volume), path)))
            {
                continue;
            }

            List<string> kinds = [.. root.GetProperty("kinds").EnumerateArray().Select(kind => kind.GetString()!)];
            (kinds.Contains("removed") ? gone : changed).Add(path);
            if (kinds.Contains("renamed"))
            {
                gone.Add(root.GetProperty("oldPath").GetString()!);
            }
        }

        TruthFile.Compare("changed files", _tree.Changed, changed);
        TruthFile.Compare("names that are gone", _tree.Gone, gone);
        return "exact";
    }
}
