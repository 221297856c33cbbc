using System.Security.Cryptography;
using StorageEngines.TarRsync.Tests.Capture;

namespace StorageEngines.TarRsync.Tests.Golden;

/// <summary>
/// A store that an older version wrote is read by every later one: listed, compared, restored, added to. The README.md beside each says what it is.
/// </summary>
/// <param name="version">The store's folder.</param>
public abstract class GoldenStoreTests(string version) : IAsyncLifetime
{
    private readonly string _scratch = Directory.CreateTempSubdirectory("seng-test-golden-").FullName;
    private TarRsyncStorageEngine _engine = null!;
    private VolumeRef _tree = null!;
    private VolumeRef _image = null!;

    private ISnapshots Snapshots => _engine.Feature<ISnapshots>()!;

    private string Store => Path.Combine(_scratch, "store");

    public async ValueTask InitializeAsync()
    {
        string golden = Path.Combine(GoldenTree.Folder(version), "store");
        foreach (string file in Directory.EnumerateFiles(golden, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(Store, Path.GetRelativePath(golden, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
        _engine = new TarRsyncStorageEngine(Store, TimeProvider.System);
        await foreach (VolumeInfo volume in _engine.ListVolumesAsync())
        {
            if (volume.Kind == VolumeKind.Tree)
                _tree = volume.Ref;
            else
                _image = volume.Ref;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        EngineScratch.Run("rm", "-rf", _scratch); // .NET cannot name what is no UTF-8
    }

    [Fact]
    public async Task Snapshots_are_listed_without_the_deleted_one()
    {
        List<SnapshotInfo> tree = await ListAsync(_tree), image = await ListAsync(_image);
        Assert.Equal(["first", "third"], tree.Select(snapshot => snapshot.Ref.Name));
        Assert.Equal(tree[0].Ref.Id, tree[1].ParentId);
        Assert.Equal("golden", tree[1].Labels["made"]);
        Assert.Equal(["keeper"], tree[0].Holds);
        Assert.Equal(["a", "b"], image.Select(snapshot => snapshot.Ref.Name));
    }

    [Theory]
    [InlineData("first")]
    [InlineData("third")]
    public async Task A_tree_says_and_restores_what_was_recorded(string name)
    {
        SnapshotInfo snapshot = await GetAsync(_tree, name);
        string[] truth = await File.ReadAllLinesAsync(Path.Combine(GoldenTree.Folder(version), $"truth-{name}.txt"));
        Assert.Equal(truth, await GoldenTree.DescribeSnapshotAsync(_engine, snapshot.Ref));
        string clone = Path.Combine(_scratch, "clone");
        await Snapshots.CloneAsync(snapshot.Ref, BytePath.FromString(clone));
        Assert.Equal(truth, GoldenTree.DescribeDirectory(clone));
    }

    [Fact]
    public async Task Extended_attributes_and_numbers_are_there()
    {
        TreeEntry text = (await _engine.Feature<ITreeReader>()!.GetAsync((await GetAsync(_tree, "third")).Ref, BytePath.FromString("text")))!;
        ExtendedAttribute attribute = Assert.Single(text.Attributes);
        Assert.Equal("user.note"u8.ToArray(), attribute.Name.ToArray());
        Assert.Equal("value with \0 in it"u8.ToArray(), attribute.Value.ToArray());
        Assert.NotEqual(0UL, text.FileId);
    }

    [Fact]
    public async Task Snapshots_are_compared()
    {
        SnapshotInfo first = await GetAsync(_tree, "first"), third = await GetAsync(_tree, "third");
        var lines = new List<string>();
        await foreach (FileChange change in _engine.Feature<IFileDiff>()!.DiffAsync(new FileDiffQuery(first.ChangeToken!, third.Ref)))
        {
            lines.Add($"{change.Path}: {change.Kind}{(change.OldPath is { } old ? $" from {old}" : "")}");
            if (change.Kind.HasFlag(FileChangeKind.Content))
                CheckContent(change.Path.ToString(), change.Extents!);
        }
        Assert.Equal(MoreChanges.Concat(GoldenTree.Changes).Order(StringComparer.Ordinal), lines.Order(StringComparer.Ordinal));
    }

    /// <summary>What differs besides, ordered.</summary>
    protected virtual IReadOnlyList<string> MoreChanges => [];

    /// <summary>The extents of a file: of "framed", in which five bytes changed at 8519680, or another one.</summary>
    protected abstract void CheckContent(string path, IReadOnlyList<Extent> extents);

    [Fact]
    public async Task An_image_is_compared_and_restored()
    {
        SnapshotInfo a = await GetAsync(_image, "a"), b = await GetAsync(_image, "b");
        var extents = new List<Extent>();
        await foreach (ExtentBatch batch in _engine.Feature<IBlockMap>()!.DeltaAsync(new DeltaQuery(a.ChangeToken!, b.Ref)))
            extents.AddRange(batch.Extents);
        Assert.Equal([new Extent(3 * 65_536, 65_536), new Extent(8 * 65_536, 65_536, ExtentState.Zero), new Extent(16 * 65_536, 777)], extents);
        foreach ((SnapshotInfo snapshot, bool second) in new[] { (a, false), (b, true) })
        {
            string clone = Path.Combine(_scratch, snapshot.Ref.Name!);
            await Snapshots.CloneAsync(snapshot.Ref, BytePath.FromString(clone));
            Assert.Equal(SHA256.HashData(GoldenTree.Image(second)), SHA256.HashData(await File.ReadAllBytesAsync(clone)));
        }
    }

    [Fact]
    public async Task Snapshots_are_added_to_it_and_taken_away()
    {
        SnapshotInfo third = await GetAsync(_tree, "third");
        string live = Path.Combine(_scratch, "live");
        VolumeRef volume = (await Snapshots.CloneAsync(third.Ref, BytePath.FromString(live))).Ref;
        string[] packs = Directory.GetFiles(Path.Combine(Store, "packs"));
        await Snapshots.CreateAsync(new CreateSnapshotRequest(volume, "same"));
        Assert.Equal(packs.Order(), Directory.GetFiles(Path.Combine(Store, "packs")).Order()); // each block was found in the old packs
        await File.AppendAllTextAsync(Path.Combine(live, "text"), "and more");
        SnapshotInfo more = await Snapshots.CreateAsync(new CreateSnapshotRequest(volume, "more"));
        await Snapshots.ReleaseAsync((await GetAsync(_tree, "first")).Ref, "keeper");
        await Snapshots.DeleteAsync((await GetAsync(_tree, "first")).Ref);
        await Snapshots.DeleteAsync(third.Ref);
        string clone = Path.Combine(_scratch, "clone");
        await Snapshots.CloneAsync(more.Ref, BytePath.FromString(clone));
        Assert.Equal(GoldenTree.DescribeDirectory(live), GoldenTree.DescribeDirectory(clone));
    }

    private async Task<List<SnapshotInfo>> ListAsync(VolumeRef volume) => await Snapshots.ListAsync(volume).ToListAsync();

    private async Task<SnapshotInfo> GetAsync(VolumeRef volume, string name) => (await ListAsync(volume)).Single(snapshot => snapshot.Ref.Name == name);
}
