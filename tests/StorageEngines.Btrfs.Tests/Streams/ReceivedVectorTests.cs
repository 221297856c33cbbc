using System.Security.Cryptography;
using StorageEngines.Btrfs.Tests.Changes;
using StorageEngines.Platform.Tests.Btrfs;
using StorageEngines.Tests.Portable.Trees;

namespace StorageEngines.Btrfs.Tests.Streams;

/// <summary>The recorded streams, applied by the engine's receiver: on Btrfs as a whole, and its tree part on another file system.</summary>
public sealed class ReceivedVectorTests
{
    private static readonly string[] Data = ["incr.data-v1.send", "incr.data-v2.send"];

    public static TheoryData<string, string> Differences() => new(
        from name in BtrfsVectors.Cases()
        from file in Data
        where File.Exists(Path.Combine(BtrfsVectors.Root, name, file))
        select new TheoryDataRow<string, string>(name, file));

    public static TheoryData<string> Damaged() => StreamDamageTests.Damaged();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // Two clone data out of their base, which is a tree of its own on Btrfs only.
    public static TheoryData<string, string> WithoutBaseClones() => new(Differences().Where(row => row.Data.Item1 is not ("clone-eof" or "append-huge")));

    [Theory]
    [MemberData(nameof(WithoutBaseClones))]
    public void A_tree_of_another_file_system_gets_the_truth(string name, string file)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "backend missing: root: owners and devices of the recorded trees need it");
        using var tree = new AppliedTree();
        tree.Apply(BtrfsVectors.Read(name, "base.full-data-v1.send"), Cancel);
        Assert.Equal(BtrfsVectors.Truth(name, "before"), tree.Lines);
        tree.Apply(BtrfsVectors.Read(name, file), Cancel);
        Assert.Equal(BtrfsVectors.Truth(name, "after"), tree.Lines);
        tree.AssertStayedWithin(name);
    }

    [Fact]
    public async Task Every_vector_gives_its_truth_on_Btrfs()
    {
        using BtrfsLoop system = BtrfsLoop.MakeOrSkip();
        await using var engine = new BtrfsStorageEngine(null);
        IDifferentials differentials = engine.Feature<IDifferentials>()!;
        int applied = 0;
        foreach (string name in BtrfsVectors.Cases())
        {
            foreach (string file in Data.Where(file => File.Exists(Path.Combine(BtrfsVectors.Root, name, file))))
            {
                BytePath path = BytePath.FromString(system.MakeSubvolume($"{name}-{applied}"));
                VolumeInfo volume = await engine.ResolveVolumeAsync(path, Cancel);
                await differentials.ApplyAsync(new MemoryStream(BtrfsVectors.Read(name, "base.full-data-v1.send")), volume.Ref, null, Cancel);
                Assert.Equal(BtrfsVectors.Truth(name, "before"), LiveTree.Read(path));
                SnapshotInfo brought = await differentials.ApplyAsync(new MemoryStream(BtrfsVectors.Read(name, file)), volume.Ref, null, Cancel);
                Assert.Equal(BtrfsVectors.Truth(name, "after"), LiveTree.Read(path));
                Assert.NotNull(brought.ChangeToken);
                foreach (SnapshotInfo snapshot in await engine.Feature<ISnapshots>()!.ListAsync(volume.Ref, null, Cancel).ToListAsync(Cancel))
                {
                    await engine.Feature<ISnapshots>()!.DeleteAsync(snapshot.Ref, DeleteMode.Everything, Cancel); // The next one has the same uuid.
                }

                applied++;
            }
        }

        Assert.Equal(Differences().Count, applied);
    }

    [Fact]
    public async Task Every_damaged_stream_is_refused_on_Btrfs_and_leaves_the_volume_as_it_was()
    {
        using BtrfsLoop system = BtrfsLoop.MakeOrSkip();
        await using var engine = new BtrfsStorageEngine(null);
        IDifferentials differentials = engine.Feature<IDifferentials>()!;
        BytePath path = BytePath.FromString(system.MakeSubvolume("volume"));
        VolumeInfo volume = await engine.ResolveVolumeAsync(path, Cancel);
        SnapshotInfo only = await differentials.ApplyAsync(new MemoryStream(BtrfsVectors.Read("modify", "base.full-data-v1.send")), volume.Ref, null, Cancel);
        SortedDictionary<BytePath, string> before = LiveTree.Read(path);
        foreach (string file in Damaged().Select(row => row.Data).Append("../multi/two-with-headers.data-v1.send"))
        {
            StorageEngineException error = await Assert.ThrowsAnyAsync<StorageEngineException>(
                () => differentials.ApplyAsync(new MemoryStream(BtrfsVectors.Read("negative", file)), volume.Ref, null, Cancel));
            Assert.True(error.Message.Contains("byte ", StringComparison.Ordinal) || error is BaseMismatchException || error.Status == EngineStatus.AlreadyExists, $"{file}: {error.Message}");
            Assert.Equal(before, LiveTree.Read(path));
            Assert.Equal(only.Ref, Assert.Single(await engine.Feature<ISnapshots>()!.ListAsync(volume.Ref, null, Cancel).ToListAsync(Cancel)).Ref);
            string home = Path.Combine(system.Mount, ".seng-snapshots", volume.Ref.Id.Split(':')[1]);
            Assert.Equal([Path.Combine(home, only.Ref.Name!)], Directory.GetDirectories(home));
        }
    }

    [Theory]
    [MemberData(nameof(Damaged))]
    public void A_damaged_stream_is_refused(string file)
    {
        using var tree = new AppliedTree();
        tree.Apply(BtrfsVectors.Read("modify", "base.full-data-v1.send"), Cancel);
        StorageEngineException error = Assert.ThrowsAny<StorageEngineException>(() => tree.Apply(BtrfsVectors.Read("negative", file), Cancel));
        Assert.Contains("byte ", error.Message, StringComparison.Ordinal);
        tree.AssertStayedWithin(file);
    }

    [Theory]
    [InlineData("zlib")]
    [InlineData("zstd")]
    [InlineData("lzo")]
    public void Compressed_data_gives_the_files_that_were_sent(string kind)
    {
        using var tree = new AppliedTree();
        tree.Apply(WithoutBtrfsAttributes(kind + ".base.send"), Cancel);
        Assert.Equal(Sums(kind + ".base.sha256"), Sums(tree));
        tree.Apply(WithoutBtrfsAttributes(kind + ".incr.send"), Cancel);
        Assert.Equal(Sums(kind + ".after.sha256"), Sums(tree));
    }

    // Only Btrfs has the attribute btrfs.compression.
    private static byte[] WithoutBtrfsAttributes(string file)
        => StreamCommandList.Of(BtrfsVectors.Read("compressed", file)).Without(command => command[4] == 13).ToArray();

    private static List<string> Sums(string file) => [.. System.Text.Encoding.ASCII.GetString(BtrfsVectors.Read("compressed", file)).Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    private static List<string> Sums(AppliedTree tree)
        => [.. Directory.GetFiles(tree.Root.ToString()).Order(StringComparer.Ordinal).Select(path => $"{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)))}  {Path.GetFileName(path)}")];
}
