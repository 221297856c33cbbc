using System.Globalization;
using System.Text;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Capture;
using StorageEngines.TarRsync.Store;
using StorageEngines.TarRsync.Tests.Posix;
using StorageEngines.TarRsync.Walk;

namespace StorageEngines.TarRsync.Tests.Capture;

/// <summary>In the steady state nothing is allocated per file: twice the files in the same directories cost the same, but for what the frames take.</summary>
[Collection(nameof(AllocationTests))]
public sealed class AllocationTests : IDisposable
{
    private const int Few = 4000;
    private const int Many = 24_000;
    private const int MostPerFile = 8; // bytes; a single object would be 24
    private readonly ScratchDirectory _scratch = new("/tmp");
    private int _names;

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void A_walk_allocates_nothing_per_file()
    {
        string few = Fill("few", Few);
        string many = Fill("many", Many);
        Walk(many);
        Assert.InRange(Allocated(() => Walk(many)) - Allocated(() => Walk(few)), long.MinValue, (Many - Few) * MostPerFile);
    }

    [Fact]
    public void A_snapshot_of_an_unchanged_tree_allocates_nothing_per_file()
    {
        string few = Fill("few", Few);
        string many = Fill("many", Many);
        Snapshot(many);
        Snapshot(few);
        Snapshot(many);
        Assert.InRange(Allocated(() => Snapshot(many)) - Allocated(() => Snapshot(few)), long.MinValue, (Many - Few) * MostPerFile);
    }

    private static long Allocated(Action action)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static void Walk(string path)
    {
        using var walker = new TreeWalker(DirectoryHandle.Open(Encoding.UTF8.GetBytes(path)), new WalkOptions { Threads = 0 });
        while (walker.MoveNext())
        {
            Assert.True(walker.Status.Inode != 0);
        }
    }

    private void Snapshot(string path)
    {
        using SnapshotStore store = SnapshotStore.Open(Path.Combine(_scratch.Path, "store"), StoreAccess.Write, create: true, TimeProvider.System);
        var creator = new SnapshotCreator(store, TimeProvider.System, null, () => FileClock.Now);
        VolumePlace place = VolumePlace.Find(BytePath.FromString(path));
        creator.Create(place, new CreateSnapshotRequest(VolumeLookup.Ref(place.Id, place.Location), $"s{_names++}"), CancellationToken.None);
    }

    private string Fill(string name, int files)
    {
        string root = Path.Combine(_scratch.Path, name);
        for (int i = 0; i < files; i++)
        {
            string directory = Path.Combine(root, string.Create(CultureInfo.InvariantCulture, $"d{i % 20:D2}"));
            if (i < 20)
            {
                Directory.CreateDirectory(directory);
            }

            File.WriteAllBytes(Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"file-{i:D6}")), i % 16 == 0 ? [1, 2, 3] : []);
        }

        return root;
    }

    /// <summary>By itself: the tests beside it would take from the memory that is kept from walk to walk.</summary>
    [CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
    public sealed class Alone;
}
