using System.Runtime.InteropServices;
using System.Text.Json;
using StorageEngines.EngineBenchmarks.Measuring;
using StorageEngines.EngineBenchmarks.Workloads;

namespace StorageEngines.EngineBenchmarks.Rows;

/// <summary>The engines side by side on one Btrfs: the same tree, and the same image file in it, by <c>btrfs</c> and by <c>tarrsync</c>; whole processes.</summary>
internal sealed class EnginesRows(Scene scene) : IWorkloadRows
{
    private const string Mount = "btrfs";
    private const string Volume = Mount + "/volume";
    private const string Store = Mount + "/.store";
    private const string ImageName = "image";

    private readonly TreeWorkload _tree = new(scene.At(Volume), scene.Settings.Scale);
    private readonly ImageWorkload _image = new(scene.Settings.Scale * 8);
    private readonly List<PosixSignalRegistration> _signals = [];
    private bool _mounted;

    public string FileName => "engines";

    public string Title => "The engines side by side";

    public string Description => $"On a loop-mounted Btrfs, a subvolume with {_tree.Description} Beside them an image: {_image.Description} OpenZFS and LVM thin, whose storage is in an emulated machine, are in [wire.md](wire.md), by counts and bytes.";

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
        return [
            Make("engines-first", "First snapshot", "snapshot create {0}@first", DeleteAsync("first")),
            Make("engines-second", "Second snapshot, 1 % changed", "snapshot create {0}@second", DeleteAsync("second")) with { Begin = ChangeAsync },
            Make("engines-diff", "Which files changed", "diff {0}@first @second", null, CheckTree),
            Make("engines-delta", "Which extents of the image changed", "changes {0}@first @second --path " + ImageName, null, CheckImage),
        ];
    }

    /// <summary>Takes the mount away, also after a failure.</summary>
    public async ValueTask DisposeAsync()
    {
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

    private string Address(string engine) => $"{engine}:{scene.At(Volume)}";

    private async Task ChangeAsync()
    {
        foreach (string engine in new[] { "btrfs", "tarrsync" })
        {
            await scene.RunAsync($"{scene.Tool(Store)} snapshot create {Address(engine)}@first >/dev/null");
        }

        _tree.Change();
        _image.Change(scene.At($"{Volume}/{ImageName}"));
        await scene.RunAsync($"btrfs filesystem sync {Mount}");
    }

    private Func<string, Task> DeleteAsync(string name)
        => engine => scene.RunAsync($"{scene.Tool(Store)} snapshot delete {Address(engine)}@{name} --yes >/dev/null || true; btrfs filesystem sync {Mount}");

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
