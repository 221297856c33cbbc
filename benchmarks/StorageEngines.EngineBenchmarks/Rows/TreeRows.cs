using System.Text.Json;
using StorageEngines.EngineBenchmarks.Measuring;
using StorageEngines.EngineBenchmarks.Workloads;

namespace StorageEngines.EngineBenchmarks.Rows;

/// <summary>W2: first and second snapshot, which files changed, restore, and tar, on a tree of small files.</summary>
internal sealed class TreeRows(Scene scene) : IWorkloadRows
{
    private const string Tree = "tree";
    private const string Git = "git --git-dir=index.git --work-tree=tree";

    private readonly LibraryCaller _caller = new(scene.Settings, $"tarrsync:{scene.At(Tree)}", scene.At("store"));
    private readonly TreeWorkload _workload = new(scene.At(Tree), scene.Settings.Scale);

    private bool _kept;
    private int _archives;

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
            Warm = what => $"find {what} -type f -exec cat {{}} + >/dev/null", // borg drops from the cache what it has read
            DeletesLate = true,
        };
        Row first = repositories.First("w2-first");
        Contestant engine = first.Contestants[0];
        Repository store = Repository.All(scene, Tree, 20).First();
        return [
            first with { End = () => KeepAsync(repositories, measured: true) },
            new Row("w2-unchanged", "Second snapshot, nothing changed", [Unchanged(repositories.SecondOf(store)), Library(repositories.SecondOf(store)), .. Finders(changed: false)])
            {
                Begin = () => KeepAsync(repositories, measured: false),
                Note = "The engine takes a snapshot; the others look for changed files.",
            },
            new Row("w2-found", "Which files changed", [Status(), .. Finders(changed: true)])
            {
                Begin = async () =>
                {
                    await ChangeAsync(repositories);
                    repositories.BringBack(store);
                },
                Note = "All name the changed files; tar writes them to an archive besides. find only walks.",
            },
            repositories.Second("w2-second", "Second snapshot, 1 % changed, data stored") with { Begin = () => ChangeAsync(repositories) },
            WithChange(repositories.Restore("w2-restore"), repositories),
            WithChange(Archive(repositories), repositories),
        ];
    }

    public ValueTask DisposeAsync() => _caller.DisposeAsync();

    private Contestant Unchanged(Contestant tool) => tool with
    {
        Check = async () =>
        {
            using JsonDocument made = JsonDocument.Parse(await File.ReadAllTextAsync(scene.At("second.json")));
            long read = made.RootElement.GetProperty("statistics").GetProperty("filesRead").GetInt64();
            return read == 0 ? "no file read" : throw new WrongResultException($"{read} files were read of a tree in which nothing changed");
        },
    };

    private Contestant Status() => new("tarrsync status", ContestantRole.Engine, $"exec {scene.Settings.Tool} --store {scene.At("store")} --quiet status tarrsync:{scene.At(Tree)} >status.engine")
    {
        Check = () => CheckAsync("status.engine", lines => FinderAnswers.EngineStatus(lines, path => Directory.Exists(Path.Combine(scene.At(Tree), path))), any: true),
    };

    private Contestant Library(Contestant tool) => tool with
    {
        Name = "tarrsync, called by a program that runs already",
        Call = () => _caller.SnapshotAsync("second"),
        Check = null,
    };

    private Row Archive(RepositoryRows repositories) => new("w2-tar", "The whole tree as tar", [
        new("tarrsync export --format tar", ContestantRole.Engine, $"exec {scene.Tool("store")} export --format tar -o - tarrsync:{scene.At(Tree)}@second >archive.tar")
        {
            Prepare = ClearArchiveAsync,
            Check = async () =>
            {
                await scene.RunAsync("mkdir out && tar -xpf archive.tar -C out");
                return TreeComparison.Compare(scene.At(Tree), scene.At("out"));
            },
        },
        new("tar -cf, of the live tree", ContestantRole.Peer, $"exec tar --format=pax -C {Tree} -cf - . >archive.tar")
        {
            Prepare = ClearArchiveAsync,
        },
    ])
    {
        Begin = repositories.TakeSecondAsync,
        End = () => scene.RunAsync("rm -rf archive.tar out out-*"),
        Note = "The engine unpacks and checks every block by its SHA-256; tar reads the files.",
    };

    private Task ClearArchiveAsync() => scene.RunAsync($"rm -f archive.tar && (test ! -e out || mv out out-tar-{_archives++}) && sync");

    private Row WithChange(Row row, RepositoryRows repositories) => row with
    {
        Begin = async () =>
        {
            await ChangeAsync(repositories);
            await row.Begin();
        },
    };

    /// <summary>Prepares what needs the unchanged tree; once.</summary>
    private async Task KeepAsync(RepositoryRows repositories, bool measured)
    {
        if (!_kept)
        {
            _kept = true;
            await repositories.KeepFirstAsync(measured);
            await PreparePeersAsync();
        }
    }

    /// <summary>Changes the tree; once.</summary>
    private async Task ChangeAsync(RepositoryRows repositories)
    {
        if (File.Exists(scene.At("changed")))
        {
            return;
        }

        await KeepAsync(repositories, measured: false);
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

    private IEnumerable<Contestant> Finders(bool changed)
    {
        yield return new("find -printf (walks, does not compare)", ContestantRole.Limit, "exec find tree -printf '%i %s %T@ %p\\n' >walk");
        if (scene.Has("git"))
        {
            yield return new("git status", ContestantRole.Peer, $"exec {Git} status --porcelain --untracked-files=all >status")
            {
                Prepare = () => scene.RunAsync("cp -p index.saved index.git/index"),
                Check = () => CheckAsync("status", FinderAnswers.GitStatus, changed),
                EngineFasterBy = changed ? 2 : 1,
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
                    return await CheckAsync("members", FinderAnswers.TarMembers, changed);
                },
                EngineFasterBy = changed ? 2 : 1,
            };
        }

        if (scene.Has("rsync"))
        {
            yield return new("rsync -n, against a copy", ContestantRole.Peer, "exec rsync -a -n -i --delete tree/ copy/ >list")
            {
                Check = () => CheckAsync("list", FinderAnswers.RsyncItems, changed),
                EngineFasterBy = changed ? 5 : 1,
            };
        }
    }

    private async Task<string> CheckAsync(string file, Func<IEnumerable<string>, (HashSet<string> Changed, HashSet<string>? Gone)> read, bool any)
    {
        (HashSet<string> changed, HashSet<string>? gone) = read(await File.ReadAllLinesAsync(scene.At(file)));
        TruthFile.Compare("changed files", any ? _workload.Changed : new HashSet<string>(), changed);
        if (gone is not null)
        {
            TruthFile.Compare("names that are gone", any ? _workload.Gone : new HashSet<string>(), gone);
        }

        return "exact";
    }

    private async Task<string> CheckSecondAsync()
    {
        await scene.RunAsync($"exec {scene.Tool("store")} diff tarrsync:{scene.At(Tree)}@first @second >diff.json");
        return EngineAnswers.CompareTree(await File.ReadAllTextAsync(scene.At("diff.json")), _workload);
    }
}
