using StorageEngines.EngineBenchmarks.Measuring;
using StorageEngines.EngineBenchmarks.Workloads;

namespace StorageEngines.EngineBenchmarks.Rows;

/// <summary>W4: second snapshot and delta of a large sparse file.</summary>
internal sealed class SparseRows(Scene scene) : IWorkloadRows
{
    private const string Image = "sparse";

    private readonly SparseWorkload _workload = new(scene.Settings.Scale);
    private FolderState? _first;

    public string FileName => "w4-sparse";

    public string Title => "W4: a large sparse file";

    public string Description => _workload.Description;

    private string Volume => $"tarrsync:{scene.At(Image)}";

    public async Task<IReadOnlyList<Row>> PrepareAsync()
    {
        await scene.MakeOnceAsync("old", () => Task.Run(() => _workload.Create(scene.At("old"))));
        TruthFile.Write(scene.At("truth.w4"), _workload.Truth);
        return [new Row("w4-second", "Second snapshot and delta", [Engine(), .. Peers()]) { Begin = BeginAsync }];
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Contestant Engine() => new("tarrsync", ContestantRole.Engine,
        $"{scene.Tool("store")} snapshot create {Volume}@second >second.json && exec {scene.Tool("store")} changes {Volume}@first @second >changes.json")
    {
        Prepare = () =>
        {
            _first!.Restore();
            return scene.RunAsync("sync");
        },
        Check = async () => TruthFile.Compare(_workload.Truth, EngineAnswers.Extents(await File.ReadAllTextAsync(scene.At("changes.json")))),
        Keeps = ["store"],
    };

    private IEnumerable<Contestant> Peers()
    {
        if (scene.Has("rsync"))
        {
            yield return new("rsync -n -c, against a copy", ContestantRole.Peer, $"exec rsync -n -c -i {Image} old >list")
            {
                EngineFasterBy = 100,
                Slow = true,
                MostRuns = 1,
                Check = async () => (await File.ReadAllTextAsync(scene.At("list"))).StartsWith(">f", StringComparison.Ordinal)
                    ? "says only that it differs"
                    : throw new WrongResultException("it does not see that the file changed"),
            };
        }
    }

    private async Task BeginAsync()
    {
        await scene.RunAsync($"rm -rf store {Image} && cp --sparse=always old {Image}");
        await scene.RunAsync($"exec {scene.Tool("store")} snapshot create {Volume}@first");
        _first = await FolderState.SaveAsync(scene.At("store"));
        await _workload.ChangeAsync(scene.At(Image));
        await scene.RunAsync("sync");
    }
}
