using StorageEngines.EngineBenchmarks.Measuring;
using StorageEngines.EngineBenchmarks.Workloads;

namespace StorageEngines.EngineBenchmarks.Rows;

/// <summary>W3: the delta of a large file that moved inside, and of one where nothing matches.</summary>
internal sealed class ShiftedRows(Scene scene) : IWorkloadRows
{
    // Of a delta: what frames the literal data and the copies between.
    private const int HeaderBytes = 64 << 10;

    private readonly ShiftedWorkload _workload = new(scene.Settings.Scale);

    public string FileName => "w3-shifted";

    public string Title => "W3: a large file that moved inside";

    public string Description => _workload.Description;

    public async Task<IReadOnlyList<Row>> PrepareAsync()
    {
        await scene.MakeOnceAsync("old", () => Task.Run(() => _workload.CreateOld(scene.At("old"))));
        await scene.MakeOnceAsync("new", () => Task.Run(() => _workload.CreateNew(scene.At("old"), scene.At("new"))));
        await scene.MakeOnceAsync("other", () => Task.Run(() => _workload.CreateUnrelated(scene.At("other"))));
        TruthFile.Write(scene.At("truth.w3"), _workload.Truth);
        return [
            new Row("w3-delta", "Delta of the shifted file, written and verified", [Engine("new") with { KeepsAtMost = (_workload.InsertedBytes * 5L / 4) + HeaderBytes }, .. Rdiff("new", 6), .. Rsync()])
            {
                Note = "The engine verifies its delta before it ends; rdiff's two steps and rsync do not. All deltas are then applied, not timed, and the results compared.",
            },
            new Row("w3-nomatch", "Delta of an unrelated file", [Engine("other"), .. Rdiff("other", 2)]),
        ];
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Contestant Engine(string target) => new("tarrsync", ContestantRole.Engine, $"exec {scene.Tool("store")} delta old {target} -o delta.rdiff >delta.json")
    {
        Prepare = () => scene.RunAsync("rm -f delta.rdiff && sync && cat old other new >/dev/null"),
        Keeps = ["delta.rdiff"],
        Check = scene.Has("rdiff") ? () => ApplyAsync("rdiff patch old delta.rdiff made", target) : null,
    };

    private IEnumerable<Contestant> Rdiff(string target, double fasterBy)
    {
        if (scene.Has("rdiff"))
        {
            yield return new("rdiff signature, rdiff delta", ContestantRole.Peer, $"rdiff signature old sums && exec rdiff delta sums {target} delta")
            {
                Prepare = () => scene.RunAsync("rm -f sums delta && sync"),
                Keeps = ["delta"],
                EngineFasterBy = fasterBy,
                Slow = true,
                Check = () => ApplyAsync("rdiff patch old delta made", target),
            };
        }
    }

    private IEnumerable<Contestant> Rsync()
    {
        if (scene.Has("rsync"))
        {
            yield return new("rsync --only-write-batch", ContestantRole.Peer, "exec rsync -t --no-whole-file --only-write-batch=batch new old")
            {
                Prepare = () => scene.RunAsync("rm -f batch batch.sh && sync"),
                Keeps = ["batch"],
                EngineFasterBy = 6,
                Slow = true,
                Check = () => ApplyAsync("cp -p old made && rsync -t --read-batch=batch made", "new"),
            };
        }
    }

    private async Task<string> ApplyAsync(string script, string expected)
    {
        await scene.RunAsync($"rm -f made && {script}");
        string result = FileComparison.Compare(scene.At(expected), scene.At("made"));
        await scene.RunAsync("rm -f made");
        return result;
    }
}
