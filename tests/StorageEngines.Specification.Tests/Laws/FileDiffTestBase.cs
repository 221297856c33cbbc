using System.Text;

namespace StorageEngines.Specification;

/// <summary>Law 23: a file difference is what a walk of both snapshots finds, for every kind of change and every kind of name.</summary>
/// <typeparam name="TFixture">The engine's fixture.</typeparam>
/// <param name="fixture">The fixture; xunit hands it in.</param>
public abstract class FileDiffTestBase<TFixture>(TFixture fixture) : SpecificationTestBase<TFixture>(fixture)
    where TFixture : EngineFixture
{
    private const EngineCapability Needed = EngineCapability.Snapshot | EngineCapability.FileDiff | EngineCapability.ReadTree | EngineCapability.ReadSnapshot;

    /// <summary>Added, removed, written, cut, punched, replaced: everything that happens to files.</summary>
    /// <returns>A task that ends with the law.</returns>
    [Fact]
    public Task Law23_File_diff_is_the_tree_walk_for_plain_changes() => HoldsAsync(
        async tree =>
        {
            await tree.MakeDirectoryAsync(P("d"), Cancel);
            foreach (string name in new[] { "kept", "written", "cut", "grown", "punched", "gone", "d/below", "retyped", "empty" })
            {
                await tree.WriteAsync(P(name), 0, Content(name == "empty" ? 0 : 300_000), Cancel);
            }
        },
        async tree =>
        {
            await tree.WriteAsync(P("written"), 150_000, Content(10), Cancel);
            await tree.TruncateAsync(P("cut"), 1234, Cancel);
            await tree.TruncateAsync(P("grown"), 500_001, Cancel);
            _ = await tree.PunchHoleAsync(P("punched"), 65_536, 131_072, Cancel);
            await tree.UnlinkAsync(P("gone"), Cancel);
            await tree.WriteAsync(P("d/below"), 299_999, Content(2), Cancel);
            await tree.WriteAsync(P("d/new"), 100_000, Content(70_000), Cancel);
            await tree.UnlinkAsync(P("retyped"), Cancel);
            await tree.MakeDirectoryAsync(P("retyped"), Cancel);
            await tree.WriteAsync(P("retyped/inside"), 0, Content(5), Cancel);
            await tree.WriteAsync(P("new empty"), 0, default, Cancel);
            await tree.TruncateAsync(P("empty"), 70_000, Cancel);
        });

    /// <summary>A file of the same size and time with other bytes is a change all the same.</summary>
    /// <returns>A task that ends with the law.</returns>
    [Fact]
    public Task Law23_File_diff_sees_a_change_that_keeps_size_and_time() => HoldsAsync(
        async tree =>
        {
            await tree.WriteAsync(P("sly"), 0, Content(100_000), Cancel);
            await tree.SetModifiedAtAsync(P("sly"), new UnixTime(1_700_000_000, 5), Cancel);
        },
        async tree =>
        {
            await tree.WriteAsync(P("sly"), 70_000, Content(100), Cancel);
            await tree.SetModifiedAtAsync(P("sly"), new UnixTime(1_700_000_000, 5), Cancel);
        });

    /// <summary>Renamed files, directories, renames into and out of a renamed directory, names that change places.</summary>
    /// <returns>A task that ends with the law.</returns>
    [Fact]
    public Task Law23_File_diff_is_the_tree_walk_for_renames() => HoldsAsync(
        async tree =>
        {
            foreach (string name in new[] { "from", "from/deep", "other", "x" })
            {
                await tree.MakeDirectoryAsync(P(name), Cancel);
            }

            foreach (string name in new[] { "a", "b", "from/1", "from/2", "from/deep/3", "other/4", "over", "x/y" })
            {
                await tree.WriteAsync(P(name), 0, Content(5000), Cancel);
            }
        },
        async tree =>
        {
            await tree.RenameAsync(P("a"), P("swap"), Cancel);
            await tree.RenameAsync(P("b"), P("a"), Cancel);
            await tree.RenameAsync(P("swap"), P("b"), Cancel);
            await tree.RenameAsync(P("from"), P("to"), Cancel);
            await tree.RenameAsync(P("to/1"), P("one"), Cancel);
            await tree.RenameAsync(P("other/4"), P("to/deep/four"), Cancel);
            await tree.WriteAsync(P("to/2"), 100, Content(10), Cancel);
            await tree.RenameAsync(P("x/y"), P("over"), Cancel);
            await tree.MakeDirectoryAsync(P("from"), Cancel);
            await tree.WriteAsync(P("from/1"), 0, Content(77), Cancel);
        });

    /// <summary>Names that take one another's place: renamed over, changed about, moved out of a directory and back.</summary>
    /// <param name="moves">What is renamed, removed or made.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData("one > same")]
    [InlineData("one > other")]
    [InlineData("one > swap, other > one, swap > other")]
    [InlineData("one > swap, other > one, same > other, swap > same")]
    [InlineData("one > linked")]
    [InlineData("one > linked, linked too > one")]
    [InlineData("linked > one")]
    [InlineData("full > empty")]
    [InlineData("full > empty, +full, empty/a > full/a")]
    [InlineData("full > x, +full, x/a > full/a")]
    [InlineData("full > x, +full, x/a > full/a, x/b > full/b, -x/deep/c, -x/deep/, -x/")]
    [InlineData("full > x, second > full, x > second")]
    [InlineData("full/deep > deep, deep > full/a too, one > full/b")]
    [InlineData("-full/a, -full/b, -full/deep/c, -full/deep/, second > full")]
    [InlineData("one > full/a, second/a > one")]
    [InlineData("-one, empty > one")]
    [InlineData("one > x, empty > one, x > empty")]
    public Task Law23_File_diff_is_the_tree_walk_for_names_that_change_places(string moves) => HoldsAsync(
        async tree => Offered(await NameMoves.PrepareAsync(tree, Cancel) || !moves.Contains("linked", StringComparison.Ordinal), "hard links"),
        tree => NameMoves.PlayAsync(tree, moves, Cancel));

    /// <summary>A file with two names that is written to is listed under both; adding or removing a name is a change too.</summary>
    /// <returns>A task that ends with the law.</returns>
    [Fact]
    public Task Law23_File_diff_is_the_tree_walk_for_hard_links() => HoldsAsync(
        async tree =>
        {
            foreach (string name in new[] { "written", "linked", "unlinked", "replaced" })
            {
                await tree.WriteAsync(P(name), 0, Content(90_000), Cancel);
            }

            Offered(await tree.LinkAsync(P("written"), P("written too"), Cancel), "hard links");
            await tree.LinkAsync(P("unlinked"), P("unlinked too"), Cancel);
            await tree.LinkAsync(P("replaced"), P("replaced too"), Cancel);
        },
        async tree =>
        {
            await tree.WriteAsync(P("written"), 80_000, Content(10), Cancel);
            await tree.LinkAsync(P("linked"), P("linked too"), Cancel);
            await tree.UnlinkAsync(P("unlinked"), Cancel);
            await tree.UnlinkAsync(P("replaced"), Cancel);
            await tree.WriteAsync(P("replaced"), 0, Content(10), Cancel);
        });

    /// <summary>Mode, times, extended attributes and the targets of symbolic links.</summary>
    /// <returns>A task that ends with the law.</returns>
    [Fact]
    public Task Law23_File_diff_is_the_tree_walk_for_attributes_and_symbolic_links() => HoldsAsync(
        async tree =>
        {
            await tree.MakeDirectoryAsync(P("dir"), Cancel);
            foreach (string name in new[] { "mode", "time", "attribute" })
            {
                await tree.WriteAsync(P(name), 0, Content(10), Cancel);
            }

            Offered(await tree.SymbolicLinkAsync(P("link"), "mode"u8.ToArray(), Cancel), "symbolic links");
            _ = await tree.SetAttributeAsync(P("attribute"), "user.seng", "1"u8.ToArray(), Cancel);
        },
        async tree =>
        {
            await tree.SetModeAsync(P("mode"), 0x180, Cancel);
            await tree.SetModeAsync(P("dir"), 0x1C0, Cancel);
            await tree.SetModifiedAtAsync(P("time"), new UnixTime(-1, 999_999_999), Cancel);
            _ = await tree.SetAttributeAsync(P("attribute"), "user.seng", "2"u8.ToArray(), Cancel);
            await tree.UnlinkAsync(P("link"), Cancel);
            await tree.SymbolicLinkAsync(P("link"), Encoding.UTF8.GetBytes("nowhere/at all"), Cancel);
            await tree.SymbolicLinkAsync(P("dir/link"), "../mode"u8.ToArray(), Cancel);
        });

    /// <summary>Names hold blanks, quotes, line breaks, backslashes, and bytes that are no UTF-8.</summary>
    /// <returns>A task that ends with the law.</returns>
    [Fact]
    public Task Law23_File_diff_is_the_tree_walk_for_odd_names() => HoldsAsync(
        async tree =>
        {
            foreach (BytePath name in OddNames(tree))
            {
                await tree.WriteAsync(name, 0, Content(100), Cancel);
            }
        },
        async tree =>
        {
            foreach (BytePath name in OddNames(tree))
            {
                await tree.WriteAsync(name, 50, Content(10), Cancel);
                await tree.WriteAsync(new BytePath((byte[])[.. name.Span, (byte)'+']), 0, Content(10), Cancel);
            }
        });

    /// <summary>Nothing changed: nothing is listed.</summary>
    /// <returns>A task that ends with the law.</returns>
    [Fact]
    public async Task Law06_The_file_diff_of_a_snapshot_to_itself_is_empty()
    {
        TestVolume volume = await VolumeAsync(VolumeKind.Tree);
        await RequireAsync(volume, Needed);
        await volume.Tree.WriteAsync(P("file"), 0, Content(100), Cancel);
        SnapshotInfo snapshot = await SnapshotAsync(volume);
        Assert.Empty(await DiffAsync(snapshot, snapshot, default));
    }

    /// <summary>Only what lies under the path that was asked about, by its name in either snapshot.</summary>
    /// <returns>A task that ends with the law.</returns>
    [Fact]
    public async Task Law23_File_diff_under_a_path_lists_only_what_is_there()
    {
        TestVolume volume = await VolumeAsync(VolumeKind.Tree);
        await RequireAsync(volume, Needed);
        foreach (string name in new[] { "a", "ab" })
        {
            await volume.Tree.MakeDirectoryAsync(P(name), Cancel);
            await volume.Tree.WriteAsync(P($"{name}/file"), 0, Content(100), Cancel);
        }

        SnapshotInfo before = await SnapshotAsync(volume);
        await volume.Tree.WriteAsync(P("a/file"), 0, Content(10), Cancel);
        await volume.Tree.WriteAsync(P("ab/file"), 0, Content(10), Cancel);
        SnapshotInfo after = await SnapshotAsync(volume);
        List<FileChange> changes = await DiffAsync(before, after, P("a"));
        Assert.Contains(P("a/file"), changes.Select(change => change.Path));
        Assert.All(changes, change => Assert.True(change.Path.IsAtOrBelow(P("a")), $"'{change.Path}' is not under 'a'."));
    }

    /// <summary>A file difference across volumes or in the wrong order is refused like a block map's.</summary>
    /// <returns>A task that ends with the law.</returns>
    [Fact]
    public async Task Law13_A_file_diff_of_unrelated_or_reversed_snapshots_is_refused()
    {
        TestVolume one = await VolumeAsync(VolumeKind.Tree);
        await RequireAsync(one, Needed);
        TestVolume two = await VolumeAsync(VolumeKind.Tree);
        await one.Tree.WriteAsync(P("file"), 0, Content(10), Cancel);
        SnapshotInfo older = await SnapshotAsync(one);
        await one.Tree.WriteAsync(P("file"), 0, Content(10), Cancel);
        SnapshotInfo newer = await SnapshotAsync(one);
        SnapshotInfo other = await SnapshotAsync(two);
        StorageEngineException reversed = await FailsAsync(() => DiffAsync(newer, older, default), "A file diff from newer to older");
        Assert.Equal(EngineReason.WrongOrder, reversed.Reason);
        StorageEngineException unrelated = await FailsAsync(() => DiffAsync(older, other, default), "A file diff between two volumes");
        Assert.Equal(EngineReason.UnrelatedSnapshots, unrelated.Reason);
    }

    private static BytePath P(string path) => BytePath.FromString(path);

    private static IEnumerable<BytePath> OddNames(ITreeVolumeWriter tree)
    {
        foreach (string name in new[] { " ", "a b", "'", "\"", "$(id)", "new\nline", @"back\slash", "-rf", "ümlaut", "*", "tab\t", new string('n', 200) })
        {
            yield return P(name);
        }

        if (tree.AcceptsAnyName)
        {
            yield return new BytePath(new byte[] { 0xFF, 0xFE, (byte)'x' });
            yield return new BytePath(new byte[] { 1, 2, 0x7F, 0xC3 });
        }
    }

    private async Task HoldsAsync(Func<ITreeVolumeWriter, Task> prepare, Func<ITreeVolumeWriter, Task> change)
    {
        TestVolume volume = await VolumeAsync(VolumeKind.Tree);
        EngineCapabilities capabilities = await RequireAsync(volume, Needed);
        await prepare(volume.Tree);
        SnapshotInfo before = await SnapshotAsync(volume);
        await change(volume.Tree);
        List<PendingChange>? pending = await PendingOracle.ListAsync(Engine, capabilities, volume.Ref, Cancel);
        SnapshotInfo after = await SnapshotAsync(volume);
        TreeImage baseImage = await TreeImage.ReadAsync(Engine, before.Ref, Cancel);
        TreeImage targetImage = await TreeImage.ReadAsync(Engine, after.Ref, Cancel);
        foreach ((BytePath path, TreeNode node) in targetImage.Nodes.Where(pair => pair.Value.Entry.Type == TreeEntryType.File))
        {
            byte[] live = await volume.Tree.ReadAsync(path, Cancel);
            ExtentOracle.AssertSame(live, node.Content, $"'{path}' in the snapshot");
        }

        List<FileChange> changes = await DiffAsync(before, after, default);
        PendingOracle.AssertCovers(pending, changes);
        Assert.Empty(await PendingOracle.ListAsync(Engine, capabilities, volume.Ref, Cancel) ?? []);
        var replay = new TreeReplay(baseImage, targetImage, changes, one => AskAsync(before, after, one));
        await replay.AssertRebuildsAsync(capabilities.Delta?.Exactness == Exactness.Exact);
    }

    private async Task<List<FileChange>> DiffAsync(SnapshotInfo before, SnapshotInfo after, BytePath under)
    {
        var changes = new List<FileChange>();
        var query = new FileDiffQuery(BlockSubject.TokenOf(before), after.Ref) { Under = under };
        await foreach (FileChange change in Require<IFileDiff>().DiffAsync(query, Cancel))
        {
            changes.Add(change);
        }

        return changes;
    }

    private async Task<IReadOnlyList<Extent>> AskAsync(SnapshotInfo before, SnapshotInfo after, FileChange change)
    {
        var query = new DeltaQuery(BlockSubject.TokenOf(before), after.Ref) { Path = change.Path, BasePath = change.OldPath };
        return (await ExtentAnswer.CollectAsync(Require<IBlockMap>().DeltaAsync(query, Cancel))).Extents;
    }
}
