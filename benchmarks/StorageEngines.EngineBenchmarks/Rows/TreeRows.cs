using StorageEngines.EngineBenchmarks.Measuring;
using StorageEngines.EngineBenchmarks.Workloads;

namespace StorageEngines.EngineBenchmarks.Rows;

/// <summary>W2: first and second snapshot, which files changed, and restore, on a tree of small files.</summary>
internal sealed class TreeRows(Scene scene) : IWorkloadRows
{
    private const string Tree = "tree";
    private const string Git = "git --git-dir=index.git --work-tree=tree";

    private readonly TreeWorkload _workload = new(scene.At(Tree), scene.Settings.Scale);

    public string FileName => "w2-tree";

    public string Title => "W2: a tree of small files";

    public string Description => _workload.Description;

    public async Task<IReadOnlyList<Row>> PrepareAsync()
    {
        await scene.MakeOnceAsync(Tree, () => Task.Run(_workload.Create));
        if (File.Exists(scene.At("changed")))
        {
            _workload.Revert();
            File.Delete(scene.At("changed"));
        }

        _workload.WriteTruth(scene.At("truth.w2"));
        var repositories = new RepositoryRows(scene, Tree, [.. Repository.All(scene, Tree, 20)])
        {
            Compare = restored => TreeComparison.Compare(scene.At(Tree), restored),
            CheckSecond = CheckSecondAsync,
            DeletesLate = true,
        };
        Row first = repositories.First("w2-first");
        Contestant engine = first.Contestants[0];
        Repository store = Repository.All(scene, Tree, 20).First();
        return [
            first with { End = () => ChangeAsync(repositories, measured: true) },
            new Row("w2-found", "Which files changed", [repositories.SecondOf(store), .. Finders()])
            {
                Begin = () => ChangeAsync(repositories, measured: false),
                Note = "The engine finds the changed files and stores them as a snapshot; tar writes them to an archive; the others only name them. find only walks.",
            },
            repositories.Second("w2-second", "Second snapshot, 1 % changed, data stored") with { Begin = () => ChangeAsync(repositories, measured: false) },
            WithChange(repositories.Restore("w2-restore"), repositories),
        ];
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Row WithChange(Row row, RepositoryRows repositories) => row with
    {
        Begin = async () =>
        {
            await ChangeAsync(repositories, measured: false);
            await row.Begin();
        },
    };

    /// <summary>Prepares what needs the unchanged tree, and changes it; once.</summary>
    private async Task ChangeAsync(RepositoryRows repositories, bool measured)
    {
        if (File.Exists(scene.At("changed")))
        {
            return;
        }

        await repositories.KeepFirstAsync(measured);
        await PreparePeersAsync();
        await File.WriteAllTextAsync(scene.At("changed"), "");
        _workload.Change();
        await scene.RunAsync("sync");
    }

    private async Task PreparePeersAsync()
    {
        if (scene.Has("git"))
        {
            // What git packs by itself must not run while others are measured.
            await scene.RunAsync($"rm -rf index.git && git init -q --bare index.git && {Git} config gc.auto 0 && {Git} config maintenance.auto false"
                + $" && {Git} add -A && {Git} -c user.name=b -c user.email=b@localhost commit -qm first && {Git} status --porcelain && cp -p index.git/index index.saved");
        }

        if (scene.Has("tar"))
        {
            await scene.RunAsync("rm -f snar.saved && tar --listed-incremental=snar.saved -cf - tree | cat >/dev/null");
        }

        if (scene.Has("rsync"))
        {
            await scene.RunAsync("rm -rf copy && rsync -a tree/ copy/");
        }
    }

    private IEnumerable<Contestant> Finders()
    {
        yield return new("find -printf (walks, does not compare)", ContestantRole.Limit, "exec find tree -printf '%i %s %T@ %p\\n' >walk");
        if (scene.Has("git"))
        {
            yield return new("git status", ContestantRole.Peer, $"exec {Git} status --porcelain --untracked-files=all >status")
            {
                Prepare = () => scene.RunAsync("cp -p index.saved index.git/index"),
                Check = () => CheckAsync("status", FinderAnswers.GitStatus),
                EngineFasterBy = 2,
            };
        }

        if (scene.Has("tar"))
        {
            yield return new("tar --listed-incremental", ContestantRole.Peer, "tar --listed-incremental=snar -cf - tree | cat >archive")
            {
                Prepare = () => scene.RunAsync("cp -p snar.saved snar"),
                Check = async () =>
                {
                    await scene.RunAsync("tar -tf archive >members");
                    return await CheckAsync("members", FinderAnswers.TarMembers);
                },
                EngineFasterBy = 2,
            };
        }

        if (scene.Has("rsync"))
        {
            yield return new("rsync -n, against a copy", ContestantRole.Peer, "exec rsync -a -n -i --delete tree/ copy/ >list")
            {
                Check = () => CheckAsync("list", FinderAnswers.RsyncItems),
                EngineFasterBy = 5,
            };
        }
    }

    private async Task<string> CheckAsync(string file, Func<IEnumerable<string>, (HashSet<string> Changed, HashSet<string>? Gone)> read)
    {
        (HashSet<string> changed, HashSet<string>? gone) = read(await File.ReadAllLinesAsync(scene.At(file)));
        TruthFile.Compare("changed files", _workload.Changed, changed);
        if (gone is not null)
        {
            TruthFile.Compare("names that are gone", _workload.Gone, gone);
        }

        return "exact";
    }

    private async Task<string> CheckSecondAsync()
    {
        await scene.RunAsync($"exec {scene.Tool("store")} diff tarrsync:{scene.At(Tree)}@first @second >diff.json");
        return EngineAnswers.CompareTree(await File.ReadAllTextAsync(scene.At("diff.json")), _workload);
    }
}
