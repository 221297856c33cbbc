namespace StorageEngines.Testing;

/// <summary>Each kind of change of a tree by itself.</summary>
public sealed class TreeComparisonTests
{
    private readonly InMemoryStorageEngine _engine = new(new InMemoryEngineOptions { BlockSizeBytes = 16, Time = new ManualTimeProvider() });
    private readonly InMemoryTreeVolume _volume;
    private int _snapshots;

    public TreeComparisonTests()
    {
        _volume = _engine.CreateTreeVolume("home");
        _volume.CreateDirectory(P("dir"));
        _volume.CreateFile(P("dir/file"), new byte[40]);
        _volume.CreateFile(P("other"), "other"u8);
    }

    [Fact]
    public async Task Rename_of_a_directory_is_one_change()
        => Assert.Equal(["new Renamed from dir"], await Diff(() => _volume.Rename(P("dir"), P("new"))));

    [Fact]
    public async Task Change_below_a_renamed_directory_has_its_own_old_path() => Assert.Equal(
        ["new Renamed from dir", "new/file Content, Renamed from dir/file"],
        await Diff(() =>
        {
            _volume.Rename(P("dir"), P("new"));
            _volume.Write(P("new/file"), 17, [1]);
        }));

    [Fact]
    public async Task Two_files_that_change_places_are_two_renames() => Assert.Equal(
        ["dir/file Renamed from other", "other Renamed from dir/file"],
        await Diff(() =>
        {
            _volume.Rename(P("other"), P("x"));
            _volume.Rename(P("dir/file"), P("other"));
            _volume.Rename(P("x"), P("dir/file"));
        }));

    [Fact]
    public async Task Another_type_under_a_path_is_removed_and_added() => Assert.Equal(
        ["other Added, Removed, Type"],
        await Diff(() =>
        {
            _volume.Delete(P("other"));
            _volume.CreateDirectory(P("other"));
        }));

    [Fact]
    public async Task Place_of_a_renamed_file_can_be_taken_by_a_new_one() => Assert.Equal(
        ["other Added", "z Renamed from other"],
        await Diff(() =>
        {
            _volume.Rename(P("other"), P("z"));
            _volume.CreateFile(P("other"));
        }));

    [Fact]
    public async Task File_that_was_renamed_over_is_removed_whatever_its_bytes_were()
    {
        _volume.CreateFile(P("same"), "other"u8);
        _volume.SetModifiedAt(P("same"), _volume.Get(P("other"))!.ModifiedAt);
        Assert.Equal(["same Removed, Renamed from other"], await Diff(() => _volume.Rename(P("other"), P("same"))));
        Assert.Equal(["dir/file Removed, Renamed from same"], await Diff(() => _volume.Rename(P("same"), P("dir/file"))));
    }

    [Fact]
    public async Task Rename_over_one_of_two_names_leaves_the_other_with_one_less()
    {
        _volume.CreateHardLink(P("dir/file"), P("z"));
        Assert.Equal(["dir/file LinkCount", "z Removed, Renamed from other"], await Diff(() => _volume.Rename(P("other"), P("z"))));
    }

    [Fact]
    public async Task Directory_can_be_renamed_over_an_empty_one()
    {
        _volume.CreateDirectory(P("empty"));
        Assert.Equal(["empty Removed, Renamed from dir"], await Diff(() => _volume.Rename(P("dir"), P("empty"))));
    }

    [Fact]
    public async Task Three_files_that_change_places_are_three_renames()
    {
        _volume.CreateFile(P("third"));
        Assert.Equal(
            ["dir/file Renamed from other", "other Renamed from third", "third Renamed from dir/file"],
            await Diff(() =>
            {
                _volume.Rename(P("other"), P("x"));
                _volume.Rename(P("third"), P("other"));
                _volume.Rename(P("dir/file"), P("third"));
                _volume.Rename(P("x"), P("dir/file"));
            }));
    }

    [Fact]
    public async Task Other_type_that_was_renamed_over_a_file_is_said() => Assert.Equal(
        ["other Removed, Renamed, Type from dir"],
        await Diff(() =>
        {
            _volume.Delete(P("other"));
            _volume.Rename(P("dir"), P("other"));
        }));

    [Fact]
    public async Task File_that_is_brought_back_after_its_directory_was_moved_is_renamed_from_its_own_path() => Assert.Equal(
        ["dir Added", "dir/file Renamed from dir/file", "new Renamed from dir"],
        await Diff(() =>
        {
            _volume.Rename(P("dir"), P("new"));
            _volume.CreateDirectory(P("dir"));
            _volume.Rename(P("new/file"), P("dir/file"));
        }));

    [Fact]
    public async Task Hard_link_changes_the_link_count_of_the_other_name()
        => Assert.Equal(["a Added", "other LinkCount"], await Diff(() => _volume.CreateHardLink(P("other"), P("a"))));

    [Fact]
    public async Task Write_through_one_name_is_a_change_of_both()
    {
        _volume.CreateHardLink(P("other"), P("a"));
        Assert.Equal(["a Content", "other Content"], await Diff(() => _volume.Write(P("a"), 0, [9])));
    }

    [Fact]
    public async Task Mode_owner_time_and_attributes_are_metadata()
    {
        Assert.Equal(["other Metadata"], await Diff(() => _volume.SetMode(P("other"), 1)));
        Assert.Equal(["other Metadata"], await Diff(() => _volume.SetOwner(P("other"), 1, 2)));
        Assert.Equal(["other Metadata"], await Diff(() => _volume.SetModifiedAt(P("other"), new UnixTime(-1, 5))));
        Assert.Equal(["other Metadata"], await Diff(() => _volume.SetAttribute(P("other"), "user.a", [1])));
        Assert.Equal(["other Metadata"], await Diff(() => _volume.SetAttribute(P("other"), "user.a", [2])));
    }

    [Fact]
    public async Task Rewriting_the_same_bytes_is_no_change() => Assert.Empty(await Diff(() => _volume.Write(P("other"), 0, "other"u8)));

    [Fact]
    public async Task Path_below_a_renamed_directory_is_told_to_have_moved()
    {
        Assert.Equal(["new/file Renamed from dir/file"], await Diff(() => _volume.Rename(P("dir"), P("new")), P("dir/file")));
        Assert.Equal(["dir/file Renamed from new/file"], await Diff(() => _volume.Rename(P("new"), P("dir")), P("dir/file")));
    }

    [Fact]
    public async Task File_with_more_extents_than_asked_for_has_none_in_the_answer()
    {
        SnapshotInfo before = await Snapshot();
        _volume.Write(P("dir/file"), 0, [1]);
        _volume.Write(P("dir/file"), 39, [1]);
        SnapshotInfo after = await Snapshot();
        FileDiffQuery query = new(before.ChangeToken!, after.Ref);
        IFileDiff diff = _engine.Feature<IFileDiff>()!;
        Assert.Null((await diff.DiffAsync(query with { MaxExtentsPerFile = 1 }, TestContext.Current.CancellationToken).SingleAsync(TestContext.Current.CancellationToken)).Extents);
        Assert.Equal(
            [new Extent(0, 16), new Extent(32, 8)],
            (await diff.DiffAsync(query with { MaxExtentsPerFile = 2 }, TestContext.Current.CancellationToken).SingleAsync(TestContext.Current.CancellationToken)).Extents!);
    }

    private static BytePath P(string path) => BytePath.FromString(path);

    private Task<SnapshotInfo> Snapshot() => _engine.Feature<ISnapshots>()!.CreateAsync(new CreateSnapshotRequest(_volume.Ref, $"s{_snapshots++}"), TestContext.Current.CancellationToken);

    private async Task<string[]> Diff(Action change, BytePath under = default)
    {
        SnapshotInfo before = await Snapshot();
        change();
        SnapshotInfo after = await Snapshot();
        return await _engine.Feature<IFileDiff>()!
            .DiffAsync(new FileDiffQuery(before.ChangeToken!, after.Ref) { Under = under }, TestContext.Current.CancellationToken)
            .Select(item => $"{item.Path} {item.Kind}{(item.OldPath is { } old ? $" from {old}" : "")}")
            .ToArrayAsync(TestContext.Current.CancellationToken);
    }
}
