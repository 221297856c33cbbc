using System.Runtime.InteropServices;
using StorageEngines.EngineBenchmarks.Measuring;
using StorageEngines.EngineBenchmarks.Workloads;

namespace StorageEngines.EngineBenchmarks.Rows;

/// <summary>W1 on a loop-mounted XFS: second snapshot and delta by reflink, against the same by comparing data.</summary>
internal sealed class ReflinkRows(Scene scene) : IWorkloadRows
{
    private const string Mount = "xfs";
    private const string Image = "xfs/image";

    private readonly ImageWorkload _workload = new(scene.Settings.Scale);
    private readonly List<LibraryCaller> _callers = [];
    private readonly List<PosixSignalRegistration> _signals = [];
    private bool _mounted;

    public string FileName => "w1-xfs";

    public string Title => "W1 on XFS, by reflink";

    public string Description => _workload.Description;

    public async Task<IReadOnlyList<Row>> PrepareAsync()
    {
        if (!scene.Has("mkfs.xfs") || !scene.Has("losetup") || !Environment.IsPrivilegedProcess)
        {
            scene.Missing.Add("root's right to mount XFS");
            return [];
        }

        await scene.RunAsync($"truncate -s {(_workload.Bytes * 3) + (1L << 30)} disk && mkfs.xfs -q -m reflink=1 disk && mkdir -p {Mount}");
        await scene.RunAsync($"mount -o loop,noatime disk {Mount}");
        _mounted = true;
        _signals.AddRange(new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT }.Select(signal => PosixSignalRegistration.Create(signal, _ => Abandon())));
        TruthFile.Write(scene.At("truth.w1"), _workload.Truth);
        return [
            new Row("xfs-delta", "Second snapshot and delta, called by a program that runs already", [Library(ByReflink()), Library(ByData()) with { EngineFasterBy = 50 }]),
            new Row("xfs-tool", "Second snapshot and delta, whole processes", [ByReflink() with { Slow = true }, ByData() with { Slow = true }])
            {
                Note = "Two processes each, whose start is most of it by reflink.",
            },
        ];
    }

    /// <summary>Takes the mount away, also after a failure.</summary>
    public async ValueTask DisposeAsync()
    {
        _signals.ForEach(signal => signal.Dispose());
        _signals.Clear();
        foreach (LibraryCaller caller in _callers)
        {
            await caller.DisposeAsync();
        }

        _callers.Clear();
        if (_mounted)
        {
            await scene.RunAsync($"umount {Mount}");
            _mounted = false;
        }
    }

    // Who is told to end does not come to the end of what it does; the system takes the mount away when nobody uses it any more.
    private void Abandon() => Shell.RunAsync($"umount -l {Mount}", scene.Folder).GetAwaiter().GetResult();

    // Clones live in the store, so that they need one on the same file system. From another one the engine has to read.
    private Contestant ByReflink() => Make("tarrsync, by reflink", ContestantRole.Engine, "xfs/.store", "reflink.json");

    private Contestant ByData() => Make("tarrsync, by comparing data", ContestantRole.Peer, "store", "data.json");

    private Contestant Library(Contestant tool)
    {
        var caller = new LibraryCaller(scene.Settings, $"tarrsync:{scene.At(Image)}", scene.At(tool.Keeps[0]));
        _callers.Add(caller);
        IReadOnlyList<Extent> answer = [];
        return tool with
        {
            Call = async () =>
            {
                await caller.SnapshotAsync("second");
                answer = await caller.ChangesAsync("first", "second");
            },
            Check = () => Task.FromResult(TruthFile.Compare(_workload.Truth, answer)),
        };
    }

    private Contestant Make(string name, ContestantRole role, string store, string answer)
    {
        string tool = scene.Tool(store), volume = $"tarrsync:{scene.At(Image)}";
        return new(name, role, $"{tool} snapshot create {volume}@second >second.json && exec {tool} changes {volume}@first @second >{answer}")
        {
            Prepare = async () =>
            {
                await scene.RunAsync($"rm -rf {store} {Image}");
                _workload.Create(scene.At(Image));
                await scene.RunAsync($"sync && {tool} snapshot create {volume}@first >first.json");
                _workload.Change(scene.At(Image));
                await scene.RunAsync($"sync && cat {Image} >/dev/null");
            },
            Keeps = [store],
            Check = async () => TruthFile.Compare(_workload.Truth, EngineAnswers.Extents(await File.ReadAllTextAsync(scene.At(answer)))),
        };
    }
}
