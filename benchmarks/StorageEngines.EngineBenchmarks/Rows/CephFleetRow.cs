using System.Globalization;
using System.Text.Json;
using StorageEngines.CephRbd.Blocks;
using StorageEngines.EngineBenchmarks.Measuring;
using StorageEngines.EngineBenchmarks.Workloads;

namespace StorageEngines.EngineBenchmarks.Rows;

/// <summary>Everything that changed on many images, by one command: how its time and memory grow with the images, and with what changed in each.</summary>
/// <param name="scene">Where it is measured.</param>
/// <param name="ceph">The cluster.</param>
internal sealed class CephFleetRow(Scene scene, CephScene ceph)
{
    private const long ImageBytes = 100_000_000_000;
    private const long ObjectBytes = 4L << 20;
    private const int Few = 5;
    private const int Many = 50;

    private readonly int _images = Math.Max(4, 1000 / scene.Settings.Scale);

    /// <summary>The row.</summary>
    public Row Make() => new("ceph-fleet", $"All that changed on {_images} thin images of 100 GB, {Few} objects each, by one command", [
        Fleet("all", _images, Few, ContestantRole.Engine),
        Fleet("half", _images / 2, Few, ContestantRole.Peer),
        Fleet("busy", _images / 2, Many, ContestantRole.Peer),
        Loop()])
    {
        Note = "Whole processes: `fleet --json`, the changed bytes of each image compared with the truth. How it grows with the images, and with the changed objects. `rbd diff --whole-object` is one process for each image, of a tenth of them.",
    };

    private Contestant Fleet(string space, int images, int changed, ContestantRole role)
    {
        string answer = $"fleet-{space}.json";
        return new($"{images} images, {changed} changed objects each", role, $"CEPH_CONF={ceph.Conf} exec {scene.Tool("none")} fleet ceph-rbd:rbd/{space} >{answer}")
        {
            Prepare = () => MakeAsync(space, images, changed),
            Check = async () => Compare(await File.ReadAllLinesAsync(scene.At(answer)), images, changed),
        };
    }

    private Contestant Loop() => new($"rbd diff, {_images / 10} images", ContestantRole.Peer,
        $"export CEPH_CONF={ceph.Conf}; for i in $(seq 0 {(_images / 10) - 1}); do rbd diff --whole-object --from-snap first rbd/all/i$i@second >>loop.out || exit; done")
    {
        Prepare = () => MakeAsync("all", _images, Few),
        Slow = true,
    };

    private Task MakeAsync(string space, int images, int changed) => scene.MakeOnceAsync(space, async () =>
    {
        await ceph.RbdAsync($"namespace create rbd/{space}");
        await ceph.RbdAsync(string.Join('\n', Enumerable.Range(0, images).Select(i => $"create --size {ImageBytes}B rbd/{space}/i{i}")));
        foreach (int i in Enumerable.Range(0, images))
        {
            CephCaller caller = ceph.Caller($"{space}/i{i}", DiffMode.Hybrid);
            await caller.SnapshotAsync("first");
            await Task.Run(() => caller.Write(Truth(i, changed), null));
            await caller.SnapshotAsync("second");
        }
    });

    // Other objects in every image.
    private static List<Extent> Truth(int image, int changed)
        => [.. Enumerable.Range(0, changed).Select(i => new Extent((((long)image * 7) + (i * 400L)) * ObjectBytes, 4096))];

    private static string Compare(string[] lines, int images, int changed)
    {
        int seen = 0;
        foreach (string line in lines)
        {
            using JsonDocument json = JsonDocument.Parse(line);
            if (json.RootElement.TryGetProperty("dataBytes", out JsonElement bytes) && json.RootElement.TryGetProperty("location", out JsonElement location))
            {
                seen++;
                long expected = changed * 4096L;
                _ = bytes.GetInt64() == expected ? 0 : throw new WrongResultException(string.Create(CultureInfo.InvariantCulture, $"{location}: {bytes} bytes, and {expected} changed"));
            }
        }

        return seen == images ? "exact" : throw new WrongResultException($"{seen} images were told of, and there are {images}");
    }
}
