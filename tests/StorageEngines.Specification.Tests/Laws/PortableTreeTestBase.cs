using System.Text;
using StorageEngines.Posix;

namespace StorageEngines.Specification;

/// <summary>Laws 21 and 22 for the portable formats over the engine's trees: a restored base with the difference applied is the target's tree.</summary>
/// <typeparam name="TFixture">The engine's fixture.</typeparam>
/// <param name="fixture">The fixture; xunit hands it in.</param>
public abstract class PortableTreeTestBase<TFixture>(TFixture fixture) : SpecificationTestBase<TFixture>(fixture)
    where TFixture : EngineFixture
{
    private const EngineCapability Needed = EngineCapability.Snapshot | EngineCapability.FileDiff | EngineCapability.ReadTree | EngineCapability.ReadSnapshot;

    private string StateDirectory => Path.Combine(Fixture.ScratchDirectory(), "state");

    /// <summary>A restored base with the difference applied is the target.</summary>
    /// <returns>A task that ends with the law.</returns>
    [Fact]
    public async Task Law04_A_restored_tree_with_the_difference_applied_is_the_target()
    {
        (SnapshotInfo before, SnapshotInfo after, byte[] stream) = await ChangedAsync();
        BytePath directory = await RestoreAsync(before);
        await AssertIsAsync(before, directory);
        await ApplyAsync(stream, directory);
        await AssertIsAsync(after, directory);
    }

    /// <summary>Names that took one another's place are put there by the difference too.</summary>
    /// <param name="moves">What is renamed, removed or made.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData("one > same")]
    [InlineData("one > swap, other > one, same > other, swap > same")]
    [InlineData("one > linked, linked too > one")]
    [InlineData("full > empty, +full, empty/a > full/a")]
    [InlineData("full > x, +full, x/a > full/a, x/b > full/b, -x/deep/c, -x/deep/, -x/")]
    [InlineData("full > x, second > full, x > second")]
    [InlineData("full/deep > deep, deep > full/a too, one > full/b")]
    [InlineData("-full/a, -full/b, -full/deep/c, -full/deep/, second > full")]
    [InlineData("one > x, empty > one, x > empty")]
    public async Task Law04_A_restored_tree_with_the_difference_applied_is_the_target_when_names_change_places(string moves)
    {
        TestVolume volume = await VolumeAsync(VolumeKind.Tree);
        await RequireAsync(volume, Needed);
        Offered(await NameMoves.PrepareAsync(volume.Tree, Cancel) || !moves.Contains("linked", StringComparison.Ordinal), "hard links");
        SnapshotInfo before = await SnapshotAsync(volume);
        await NameMoves.PlayAsync(volume.Tree, moves, Cancel);
        SnapshotInfo after = await SnapshotAsync(volume);
        BytePath directory = await RestoreAsync(before);
        await ApplyAsync(await ExportAsync(before, after), directory);
        await AssertIsAsync(after, directory);
    }

    /// <summary>A difference on the wrong base is refused before the first write.</summary>
    /// <returns>A task that ends with the law.</returns>
    [Fact]
    public async Task Law21_A_portable_tree_difference_on_the_wrong_base_is_refused_and_nothing_is_written()
    {
        (_, SnapshotInfo after, byte[] stream) = await ChangedAsync();
        BytePath directory = await RestoreAsync(after);
        StorageEngineException failure = await FailsAsync(() => ApplyAsync(stream, directory), "Applying a difference to its target");
        Assert.Equal(EngineReason.BaseMismatch, failure.Reason);
        await AssertIsAsync(after, directory);
    }

    /// <summary>A stream that ends early changes nothing, and the whole one can be applied afterwards.</summary>
    /// <returns>A task that ends with the law.</returns>
    [Fact]
    public async Task Law22_A_truncated_portable_tree_stream_changes_nothing()
    {
        (SnapshotInfo before, SnapshotInfo after, byte[] stream) = await ChangedAsync();
        BytePath directory = await RestoreAsync(before);
        int stride = Math.Max(1, stream.Length / 10);
        foreach (int length in Enumerable.Range(0, 10).Select(part => part * stride).Append(stream.Length - 1).Where(length => length < stream.Length))
        {
            StorageEngineException failure = await FailsAsync(() => ApplyAsync(stream[..length], directory), $"Applying {length} of {stream.Length} bytes");
            Assert.Equal(EngineStatus.DataLoss, failure.Status);
            await AssertIsAsync(before, directory);
        }

        await ApplyAsync(stream, directory);
        await AssertIsAsync(after, directory);
    }

    private static BytePath P(string path) => BytePath.FromString(path);

    private async Task<(SnapshotInfo Before, SnapshotInfo After, byte[] Stream)> ChangedAsync()
    {
        TestVolume volume = await VolumeAsync(VolumeKind.Tree);
        await RequireAsync(volume, Needed);
        ITreeVolumeWriter tree = volume.Tree;
        await tree.MakeDirectoryAsync(P("dir"), Cancel);
        foreach (string name in new[] { "written", "gone", "dir/moved", "odd\nname '" })
        {
            await tree.WriteAsync(P(name), 0, Content(100_000), Cancel);
        }

        SnapshotInfo before = await SnapshotAsync(volume);
        await tree.WriteAsync(P("written"), 50_000, Content(10), Cancel);
        await tree.UnlinkAsync(P("gone"), Cancel);
        await tree.RenameAsync(P("dir/moved"), P("moved"), Cancel);
        await tree.WriteAsync(P("dir/new"), 0, Content(70_000), Cancel);
        _ = await tree.LinkAsync(P("dir/new"), P("linked"), Cancel);
        _ = await tree.SymbolicLinkAsync(P("symbolic"), Encoding.UTF8.GetBytes("dir/new"), Cancel);
        await tree.SetModeAsync(P("odd\nname '"), 0x180, Cancel);
        SnapshotInfo after = await SnapshotAsync(volume);
        return (before, after, await ExportAsync(before, after));
    }

    private async Task<byte[]> ExportAsync(SnapshotInfo before, SnapshotInfo after)
    {
        using var output = new MemoryStream();
        await TreeDifferential.ExportAsync(Engine, before, after, output, DifferentialFormat.BtrfsSend, null, Cancel);
        return output.ToArray();
    }

    private async Task<BytePath> RestoreAsync(SnapshotInfo snapshot)
    {
        BytePath directory = P(Path.Combine(Fixture.ScratchDirectory(), Fixture.NextName()));
        await TreeRestore.RestoreAsync(Engine, snapshot, directory, new RestoreOptions { StateDirectory = StateDirectory }, Cancel);
        return directory;
    }

    private Task ApplyAsync(byte[] stream, BytePath directory)
        => TreeDifferential.ApplyAsync(new MemoryStream(stream), directory, new ApplyOptions { StateDirectory = StateDirectory }, Cancel);

    /// <summary>Asserts that a directory on this machine holds what a snapshot holds.</summary>
    private async Task AssertIsAsync(SnapshotInfo snapshot, BytePath directory)
    {
        TreeImage image = await TreeImage.ReadAsync(Engine, snapshot.Ref, Cancel);
        string[] found = Directory.GetFileSystemEntries(directory.ToString(), "*", SearchOption.AllDirectories);
        Assert.Equal(image.Nodes.Count - 1, found.Length);
        var writer = new DirectoryVolumeWriter(directory);
        using BeneathRoot root = BeneathRoot.Open(directory.Span);
        foreach ((BytePath path, TreeNode node) in image.Nodes.Where(pair => !pair.Key.IsRoot))
        {
            Assert.True(root.TryGetStatus(path.Span, out FileStatus status), $"'{path}' is in the snapshot and not in the directory.");
            Assert.Equal((path, (int)node.Entry.Type), (path, (int)status.Type >> 12));
            var time = new UnixTime(status.ModificationTime.Seconds, status.ModificationTime.Nanoseconds);
            Assert.Equal((path, node.Entry.ModifiedAt), (path, time));
            if (node.Entry.Type == TreeEntryType.File)
            {
                Assert.Equal((path, node.Entry.Mode, node.Entry.LinkCount), (path, (int)(status.Mode & 0xFFF), status.LinkCount));
                byte[] bytes = await writer.ReadAsync(path, Cancel);
                ExtentOracle.AssertSame(node.Content, bytes, $"'{path}'");
            }
        }
    }
}
