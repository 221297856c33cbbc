using StorageEngines.CephRbd.Blocks;
using StorageEngines.EngineBenchmarks.Measuring;

namespace StorageEngines.EngineBenchmarks.Rows;

/// <summary>A single-node Ceph cluster of the workload's own, and those who use its images from this process.</summary>
internal sealed class CephScene(Scene scene) : IAsyncDisposable
{
    private readonly List<CephCaller> _callers = [];
    private bool _isUp;

    /// <summary>The cluster's configuration file.</summary>
    public string Conf => scene.At("cluster/ceph.conf");

    /// <summary>Whether the programs for a cluster are there; those that are not are named in the report.</summary>
    public bool HasPrograms() => new[] { "ceph-mon", "ceph-osd", "rbd" }.All(scene.Has);

    /// <summary>Starts it.</summary>
    public async Task UpAsync()
    {
        await RunAsync("up");
        _isUp = true;
    }

    /// <summary>Runs the program rbd, or a list of its commands that are separated by line ends.</summary>
    public Task RbdAsync(string arguments) => scene.RunAsync($"export CEPH_CONF={Conf}; {string.Join('\n', arguments.Split('\n').Select(each => $"rbd {each} || exit"))}");

    /// <summary>Uses an image of the pool <c>rbd</c>: <c>IMAGE</c> or <c>NAMESPACE/IMAGE</c>.</summary>
    public CephCaller Caller(string image, DiffMode mode)
    {
        var caller = new CephCaller(Conf, image, mode);
        _callers.Add(caller);
        return caller;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (CephCaller caller in _callers)
        {
            await caller.DisposeAsync();
        }

        _callers.Clear();
        if (_isUp)
        {
            _isUp = false;
            await RunAsync("down");
        }
    }

    private Task RunAsync(string verb)
        => Shell.RunAsync($"SENG_CEPH_RUN={scene.At("cluster")} SENG_CEPH_PORT=any eng/backends/ceph {verb} >/dev/null", Directory.GetCurrentDirectory());
}
