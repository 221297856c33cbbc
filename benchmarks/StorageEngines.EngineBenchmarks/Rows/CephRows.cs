using System.Reflection;
using System.Text.Json;
using StorageEngines.CephRbd;
using StorageEngines.CephRbd.Blocks;
using StorageEngines.EngineBenchmarks.Measuring;
using StorageEngines.EngineBenchmarks.Workloads;

namespace StorageEngines.EngineBenchmarks.Rows;

/// <summary>What changed between two snapshots of images of a single-node Ceph cluster: the engine's modes, a C program, and the program rbd.</summary>
internal sealed class CephRows : IWorkloadRows
{
    private const long ObjectBytes = 4L << 20;
    private const string Sparse = "sparse";
    private const string Image = "image";

    private readonly Scene _scene;
    private readonly ImageWorkload _image;
    private readonly long _objects;
    private readonly CephScene _ceph;
    private readonly List<LineProgram> _programs = [];

    public CephRows(Scene scene)
    {
        _scene = scene;
        _ceph = new CephScene(scene);
        _image = new ImageWorkload(scene.Settings.Scale);
        _objects = 25_600 / scene.Settings.Scale;
    }

    public string FileName => "ceph-changes";

    public string Title => "Ceph RBD: what changed between two snapshots";

    public string Description => $"A thin image of {_objects:N0} objects of 4 MiB, each with 4 KiB of data, of which every hundredth gets 4 KiB more. Many thin images, of which each gets 4 KiB in a few objects. And: {_image.Description}";

    // 1 % of the objects, evenly spread.
    private List<Extent> SparseTruth => [.. Enumerable.Range(0, (int)(_objects / 100)).Select(i => new Extent(i * 100 * ObjectBytes + 4096, 4096))];

    public async Task<IReadOnlyList<Row>> PrepareAsync()
    {
        if (!_ceph.HasPrograms() || !_scene.Has("cc"))
        {
            return [];
        }

        await _ceph.UpAsync();
        using (var source = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream("ceph-diff.c")!))
        {
            await File.WriteAllTextAsync(_scene.At("ceph-diff.c"), await source.ReadToEndAsync());
        }

        await _scene.RunAsync("cc -O2 -o ceph-diff ceph-diff.c -l:librbd.so.1 -l:librados.so.2");
        return
        [
            new Row("ceph-sparse", "The thin image of 100 GiB, 1 % of its objects changed, called by a program that runs already", [
                Changes(Sparse, "the engine", DiffMode.Hybrid, ContestantRole.Engine, () => SparseTruth),
                Rbd(Sparse) with { EngineFasterBy = 15 }]) { Begin = MakeSparseAsync, Note = "rbd is a whole process, which connects each time; it can ask exactly or for whole objects only." },
            new Row("ceph-exact", "The same, every object asked", [
                Changes(Sparse, "the engine, exact", DiffMode.Exact, ContestantRole.Engine, () => SparseTruth),
                Limit(Sparse) with { EngineWithin = 1.1 }]) { Begin = MakeSparseAsync, Note = "The limit is a C program with a connection that is kept: rbd_open_read_only, rbd_diff_iterate2 with a call back that counts, rbd_close." },
            new Row("ceph-image", "The image of 4 GiB, called by a program that runs already", [
                Changes(Image, "the engine", DiffMode.Hybrid, ContestantRole.Engine, () => _image.Truth),
                Changes(Image, "the engine, exact", DiffMode.Exact, ContestantRole.Peer, () => _image.Truth),
                Limit(Image), Rbd(Image)]) { Begin = MakeImageAsync },
            new CephFleetRow(_scene, _ceph).Make(),
        ];
    }

    public async ValueTask DisposeAsync()
    {
        _programs.ForEach(each => each.Dispose());
        _programs.Clear();
        await _ceph.DisposeAsync();
    }

    private Contestant Changes(string image, string name, DiffMode mode, ContestantRole role, Func<IReadOnlyList<Extent>> truth)
    {
        CephCaller caller = _ceph.Caller(image, mode);
        List<Extent> answer = [];
        return new(name, role, "")
        {
            Call = async () => answer = await caller.ChangesAsync(),
            Check = () => Task.FromResult($"{TruthFile.Compare(truth(), answer)}, {caller.LastMode}"),
        };
    }

    private Contestant Limit(string image)
    {
        LineProgram? program = null;
        string answer = "";
        return new("a C program", ContestantRole.Limit, "")
        {
            Prepare = () =>
            {
                if (program is null)
                {
                    _programs.Add(program = new LineProgram(_scene.At("ceph-diff"), [_ceph.Conf, image, "first", "second", $"{CephRbdSettings.DefaultParallel}"]));
                }

                return Task.CompletedTask;
            },
            Call = async () => answer = await program!.AskAsync(),
            Check = () => Task.FromResult($"{answer} extents"),
        };
    }

    private Contestant Rbd(string image) => new("rbd diff", ContestantRole.Peer, $"CEPH_CONF={_ceph.Conf} exec rbd diff --from-snap first --format json rbd/{image}@second >{image}.json")
    {
        Check = async () =>
        {
            using JsonDocument json = JsonDocument.Parse(await File.ReadAllTextAsync(_scene.At($"{image}.json")));
            return $"{json.RootElement.GetArrayLength()} extents";
        },
    };

    private Task MakeSparseAsync() => _scene.MakeOnceAsync(Sparse, async () =>
    {
        await _ceph.RbdAsync($"create --size {_objects * 4}M rbd/{Sparse}");
        CephCaller caller = _ceph.Caller(Sparse, DiffMode.Hybrid);
        await Task.Run(() => caller.Write(Enumerable.Range(0, (int)_objects).Select(i => new Extent(i * ObjectBytes, 4096)), null));
        await caller.SnapshotAsync("first");
        await Task.Run(() => caller.Write(SparseTruth, null));
        await caller.SnapshotAsync("second");
    });

    private Task MakeImageAsync() => _scene.MakeOnceAsync(Image, async () =>
    {
        string file = _scene.At("image.raw");
        _image.Create(file);
        await _ceph.RbdAsync($"import --no-progress {file} rbd/{Image}");
        CephCaller caller = _ceph.Caller(Image, DiffMode.Hybrid);
        await caller.SnapshotAsync("first");
        _image.Change(file);
        await Task.Run(() => caller.Write(_image.Truth, file));
        await caller.SnapshotAsync("second");
        File.Delete(file);
    });
}
