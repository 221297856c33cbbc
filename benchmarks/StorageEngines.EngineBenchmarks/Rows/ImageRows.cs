using StorageEngines.EngineBenchmarks.Measuring;
using StorageEngines.EngineBenchmarks.Workloads;

namespace StorageEngines.EngineBenchmarks.Rows;

/// <summary>W1: first and second snapshot, delta query and restore of a large image.</summary>
internal sealed class ImageRows(Scene scene) : IWorkloadRows
{
    private const string Image = "image";
    private const double QuerySeconds = 0.05;

    private readonly ImageWorkload _workload = new(scene.Settings.Scale);
    private readonly LibraryCaller _caller = new(scene.Settings, $"tarrsync:{scene.At(Image)}", scene.At("store"));
    private IReadOnlyList<Extent> _answer = [];

    public string FileName => "w1-image";

    public string Title => "W1: a large image";

    public string Description => _workload.Description;

    public async Task<IReadOnlyList<Row>> PrepareAsync()
    {
        await scene.MakeOnceAsync(Image, () => Task.Run(() => _workload.Create(scene.At(Image))));
        if (File.Exists(scene.At("changed")))
        {
            _workload.Revert(scene.At(Image));
            File.Delete(scene.At("changed"));
        }

        TruthFile.Write(scene.At("truth.w1"), _workload.Truth);
        List<Repository> all = [.. Repository.All(scene, Image, 6)];
        if (scene.Has("borg"))
        {
            all.Add(Repository.BorgFixed(Image, 6));
        }

        var repositories = new RepositoryRows(scene, Image, all)
        {
            Warm = what => $"find {what} -type f -exec cat {{}} + >/dev/null",
            Compare = restored => FileComparison.Compare(scene.At(Image), restored),
            CheckSecond = CheckSecondAsync,
        };
        var read = new Contestant("dd to /dev/null (reading the image once)", ContestantRole.Limit, "exec dd if=image of=/dev/null bs=1M status=none") { EngineWithin = 1.5 };
        Row second = repositories.Second("w1-second", "Second snapshot", read) with { Begin = () => ChangeAsync(repositories, measured: false) };
        Row restore = repositories.Restore("w1-restore");
        return [
            repositories.First("w1-first") with { End = () => ChangeAsync(repositories, measured: true) },
            second,
            DeltaQuery() with
            {
                Begin = async () =>
                {
                    await ChangeAsync(repositories, measured: false);
                    await repositories.TakeSecondAsync();
                },
            },
            restore with
            {
                Begin = async () =>
                {
                    await ChangeAsync(repositories, measured: false);
                    await restore.Begin();
                },
            },
        ];
    }

    public ValueTask DisposeAsync() => _caller.DisposeAsync();

    private string ChangesScript => $"exec {scene.Tool("store")} changes tarrsync:{scene.At(Image)}@first @second >changes.json";

    private Row DeltaQuery() => new("w1-delta", "Which blocks changed between two stored snapshots", [
        new("tarrsync", ContestantRole.Engine, ChangesScript)
        {
            Check = async () => TruthFile.Compare(_workload.Truth, EngineAnswers.Extents(await File.ReadAllTextAsync(scene.At("changes.json")))),
            AtMostSeconds = QuerySeconds,
        },
        new("tarrsync, called by a program that runs already", ContestantRole.Engine, "")
        {
            Call = async () => _answer = await _caller.ChangesAsync("first", "second"),
            Check = () => Task.FromResult(TruthFile.Compare(_workload.Truth, _answer)),
            AtMostSeconds = QuerySeconds,
        },
    ])
    {
        Note = "The truth is 4 KiB exact; the engine compares blocks, so that it reports a whole block where less changed.",
    };

    private async Task ChangeAsync(RepositoryRows repositories, bool measured)
    {
        if (File.Exists(scene.At("changed")))
        {
            return;
        }

        await repositories.KeepFirstAsync(measured);
        await File.WriteAllTextAsync(scene.At("changed"), "");
        _workload.Change(scene.At(Image));
        await scene.RunAsync("sync");
    }

    private async Task<string> CheckSecondAsync()
    {
        await scene.RunAsync(ChangesScript);
        return TruthFile.Compare(_workload.Truth, EngineAnswers.Extents(await File.ReadAllTextAsync(scene.At("changes.json"))));
    }
}
