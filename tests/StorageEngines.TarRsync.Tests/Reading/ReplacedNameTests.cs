using StorageEngines.TarRsync.Tests.Capture;

namespace StorageEngines.TarRsync.Tests.Reading;

/// <summary>What is said of names that take one another's place, in a real directory: the table of <see cref="FileChangeKind"/>, row by row.</summary>
public sealed class ReplacedNameTests : IDisposable
{
    private static readonly DateTime Then = new(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc);
    private readonly EngineScratch _scratch = new();
    private int _snapshots;

    public ReplacedNameTests()
    {
        Directory.CreateDirectory(_scratch.At("dir"));
        Directory.CreateDirectory(_scratch.At("empty"));
        Write("one", "bytes");
        Write("same", "bytes");
        Write("other", "other bytes");
        Write("dir/file", "below");
        Rest();
    }

    [Fact]
    public Task File_renamed_over_one_with_the_same_bytes() => HoldsAsync(["same: Removed, Renamed from one"], () => Move("one", "same"));

    [Fact]
    public Task File_renamed_over_one_with_other_bytes() => HoldsAsync(["other: Removed, Renamed from one"], () => Move("one", "other"));

    [Fact]
    public Task File_renamed_over_another_whose_old_name_is_taken_anew() => HoldsAsync(
        ["one: Added", "same: Removed, Renamed from one"],
        () =>
        {
            Move("one", "same");
            Write("one", "bytes");
        });

    [Fact]
    public Task Two_names_that_change_places() => HoldsAsync(
        ["one: Renamed from other", "other: Renamed from one"],
        () =>
        {
            Move("one", "x");
            Move("other", "one");
            Move("x", "other");
        });

    [Fact]
    public Task Three_names_that_change_places() => HoldsAsync(
        ["one: Renamed from other", "other: Renamed from same", "same: Renamed from one"],
        () =>
        {
            Move("one", "x");
            Move("other", "one");
            Move("same", "other");
            Move("x", "same");
        });

    [Fact]
    public async Task File_renamed_over_one_of_two_names()
    {
        EngineScratch.Run("ln", _scratch.At("other"), _scratch.At("other too"));
        await HoldsAsync(["other too: LinkCount", "other: Removed, Renamed from one"], () => Move("one", "other"));
    }

    [Fact]
    public Task Directory_renamed_over_an_empty_one() => HoldsAsync(["empty: Removed, Renamed from dir"], () => Move("dir", "empty"));

    [Fact]
    public Task Directory_in_the_place_of_a_file() => HoldsAsync(
        ["one: Removed, Renamed, Type from dir"],
        () =>
        {
            File.Delete(_scratch.At("one"));
            Move("dir", "one");
        });

    [Fact]
    public Task File_brought_back_after_its_directory_was_moved() => HoldsAsync(
        ["dir/file: Renamed from dir/file", "dir: Added", "new: Renamed from dir"],
        () =>
        {
            Move("dir", "new");
            Directory.CreateDirectory(_scratch.At("dir"));
            Move("new/file", "dir/file");
        });

    [Fact]
    public Task File_saved_by_renaming_a_new_one_over_it() => HoldsAsync(
        ["other: Content, Metadata"],
        () =>
        {
            File.WriteAllText(_scratch.At("tmp"), "saved");
            Move("tmp", "other");
        });

    [Fact]
    public Task Same_bytes_saved_anew_are_no_change() => HoldsAsync(
        [],
        () =>
        {
            Write("tmp", "other bytes");
            Move("tmp", "other");
        });

    public void Dispose() => _scratch.Dispose();

    private void Write(string name, string content)
    {
        _scratch.Write(name, content);
        File.SetLastWriteTimeUtc(_scratch.At(name), Then);
    }

    private void Move(string from, string to) => EngineScratch.Run("mv", "-T", _scratch.At(from), _scratch.At(to));

    // The times of the directories, which change with each name in them, are not what these tests are about.
    private void Rest()
    {
        foreach (string directory in Directory.GetDirectories(_scratch.Live, "*", SearchOption.AllDirectories).Append(_scratch.Live))
            Directory.SetLastWriteTimeUtc(directory, Then);
    }

    private async Task HoldsAsync(string[] expected, Action change)
    {
        Rest();
        SnapshotInfo before = await _scratch.SnapshotAsync($"s{_snapshots++}");
        change();
        Rest();
        SnapshotInfo after = await _scratch.SnapshotAsync($"s{_snapshots++}");
        var lines = new List<string>();
        await foreach (FileChange one in _scratch.Engine.Feature<IFileDiff>()!.DiffAsync(new FileDiffQuery(before.ChangeToken!, after.Ref)))
            lines.Add($"{one.Path}: {one.Kind}{(one.OldPath is { } old ? $" from {old}" : "")}");
        Assert.Equal(expected.Order(StringComparer.Ordinal), lines.Order(StringComparer.Ordinal));
    }
}
