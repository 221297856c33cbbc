using System.Diagnostics;

namespace StorageEngines.Platform.Tests.Btrfs.Tough;

/// <summary>What may happen while two snapshots are compared.</summary>
public sealed class QueryTests : IAsyncLifetime
{
    private const int Files = 2000;
    private Stage _stage = null!;
    private SnapshotInfo _before = null!;
    private SnapshotInfo _after = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _stage = await Stage.MakeAsync();
        // After a roll back only a send is right, whatever else the engine could do.
        WriteFiles("x");
        SnapshotInfo zero = await _stage.CreateAsync("zero");
        _before = await _stage.CreateAsync("before");
        await _stage.Snapshots.RollbackAsync(zero.Ref, new RollbackOptions(), Cancel);
        _stage.MakeMany("link");
        WriteFiles("changed");
        _after = await _stage.CreateAsync("after");
    }

    public ValueTask DisposeAsync() => _stage.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_snapshot_that_is_compared_cannot_be_deleted(bool theBase)
    {
        await Tries.UntilInTimeAsync(async number =>
        {
            await AgainAsync(number);
            Task<List<FileChange>> query = Task.Run(() => _stage.DiffAsync(_before, _after), Cancel);
            SnapshotInfo snapshot = theBase ? _before : _after;
            await Threads.AwaitSenderAsync(Environment.ProcessId, _stage.SnapshotRoot, () => query.IsCompleted);
            if (await Record.ExceptionAsync(() => _stage.DeleteAsync(snapshot)) is not { } error)
            {
                await AssertRightOrGoneAsync(query);
                return false;
            }

            Assert.Equal(EngineReason.SnapshotBusy, Assert.IsType<SnapshotInUseException>(error).Reason);
            AssertRight(await query);
            Assert.Contains(snapshot.Ref.Name, await _stage.NamesAsync());
            await _stage.DeleteAsync(snapshot);
            Assert.Empty(_stage.Leftovers());
            return true;
        });
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(false, false)]
    public async Task A_snapshot_that_is_deleted_while_changes_are_listed_gives_the_right_ones_or_an_error(bool theBase, bool afterRollback)
    {
        if (!afterRollback)
        {
            _before = _after;
            WriteFiles("again");
            _after = await _stage.CreateAsync("again");
        }

        var changes = new List<FileChange>();
        try
        {
            await foreach (FileChange change in _stage.Changes(_before, _after))
            {
                if (changes.Count == 0)
                {
                    await _stage.DeleteAsync(theBase ? _before : _after);
                }

                changes.Add(change);
            }

            AssertRight(changes, afterRollback ? Stage.ManyFiles : 0, afterRollback ? 7 : 5);
        }
        catch (StorageEngineException e)
        {
            Assert.Contains(e.Reason, new[] { EngineReason.BaseMissing, EngineReason.SnapshotMissing });
        }
    }

    [Fact]
    public async Task A_file_system_that_is_unmounted_lazily_gives_the_right_changes_and_goes_when_they_are_read()
    {
        var changes = new List<FileChange>();
        await foreach (FileChange change in _stage.Changes(_before, _after))
        {
            if (changes.Count == 0)
            {
                Assert.Equal(0, BtrfsLoop.Run("umount", "-l", _stage.System.Mount).Exit);
            }

            changes.Add(change);
        }

        AssertRight(changes);
        await Assert.ThrowsAsync<VolumeNotFoundException>(() => _stage.CreateAsync("later"));
        await Assert.ThrowsAnyAsync<StorageEngineException>(() => _stage.DiffAsync(_before, _after));
        var clock = Stopwatch.StartNew();
        while (BtrfsLoop.Run("losetup", "-j", _stage.System.Image).Text.Length > 0)
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), "the loop device is still held");
            await Task.Delay(10, Cancel);
        }
    }

    [Fact]
    public async Task A_file_system_that_is_unmounted_lazily_during_a_send_gives_the_right_changes()
    {
        await Tries.UntilInTimeAsync(async number =>
        {
            await AgainAsync(number);
            Task<List<FileChange>> query = Task.Run(() => _stage.DiffAsync(_before, _after), Cancel);
            bool isInTime = await Threads.AwaitSenderAsync(Environment.ProcessId, _stage.SnapshotRoot, () => query.IsCompleted);
            Assert.Equal(0, BtrfsLoop.Run("umount", "-l", _stage.System.Mount).Exit);
            isInTime &= !query.IsCompleted;
            AssertRight(await query);
            return isInTime;
        });
    }

    [Fact]
    public async Task The_tool_that_is_interrupted_ends_at_once_and_leaves_nothing()
    {
        await Tries.UntilInTimeAsync(async _ =>
        {
            using var tool = new Tool();
            using Process process = tool.Start([], "diff", _stage.Path + "@before", "@after");
            int id = process.Id;
            Task<Tool.Result> end = Tool.EndAsync(process);
            await Threads.AwaitSenderAsync(id, null, () => end.IsCompleted);
            BtrfsLoop.Run("kill", "-INT", $"{id}");
            var clock = Stopwatch.StartNew();
            Tool.Result result = await end;
            Assert.Empty(Directory.EnumerateFileSystemEntries(tool.Temporary));
            if (result.Exit == 0)
            {
                return false;
            }

            Assert.Empty(result.Expect(130).Output);
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"{clock.Elapsed}");
            return true;
        });
        await _stage.DeleteAsync(_after); // A send that still ran would refuse it.
        Assert.Empty(_stage.Leftovers());
    }

    [Fact]
    public async Task The_tool_that_is_stopped_and_goes_on_gives_the_right_changes()
    {
        await Tries.UntilInTimeAsync(async _ =>
        {
            using var tool = new Tool();
            using Process process = tool.Start([], "diff", "--json", _stage.Path + "@before", "@after");
            int id = process.Id;
            Task<Tool.Result> end = Tool.EndAsync(process);
            bool isInTime = await Threads.AwaitSenderAsync(id, null, () => end.IsCompleted) && BtrfsLoop.Run("kill", "-STOP", $"{id}").Exit == 0;
            if (isInTime)
            {
                await Threads.AwaitStoppedAsync(id);
                Assert.Equal(0, BtrfsLoop.Run("kill", "-CONT", $"{id}").Exit);
            }

            Tool.Result result = (await end).Expect(0);
            Assert.Equal(Stage.ManyFiles, result.Output.Split('\n').Count(line => line.Contains("\"path\"", StringComparison.Ordinal) && line.Contains("dded", StringComparison.Ordinal)));
            Assert.Empty(Directory.EnumerateFileSystemEntries(tool.Temporary));
            return isInTime;
        });
    }

    [Fact]
    public async Task The_tool_that_is_stopped_again_and_again_gives_the_right_changes_or_says_what_disturbed_it()
    {
        using var tool = new Tool();
        using Process process = tool.Start([], "diff", "--json", _stage.Path + "@before", "@after");
        int id = process.Id;
        Task<Tool.Result> end = Tool.EndAsync(process);
        while (await Threads.AwaitSenderAsync(id, null, () => end.IsCompleted))
        {
            if (BtrfsLoop.Run("kill", "-STOP", $"{id}").Exit == 0)
            {
                await Threads.AwaitStoppedAsync(id);
                BtrfsLoop.Run("kill", "-CONT", $"{id}");
            }
        }

        Tool.Result result = await end;
        Assert.True(result.Exit is 0 or 8, $"{result}");
        TestContext.Current.TestOutputHelper!.WriteLine($"ended with {result.Exit}");
        if (result.Exit == 8)
        {
            Assert.Contains("SIGSTOP", result.Error, StringComparison.Ordinal);
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(tool.Temporary));
        await _stage.DeleteAsync(_after);
    }

    // Another file system, after an attempt that changed the one before.
    private async Task AgainAsync(int number)
    {
        if (number > 0)
        {
            await _stage.DisposeAsync();
            await InitializeAsync();
        }
    }

    private static async Task AssertRightOrGoneAsync(Task<List<FileChange>> query)
    {
        try
        {
            AssertRight(await query);
        }
        catch (StorageEngineException e)
        {
            Assert.Contains(e.Reason, new[] { EngineReason.BaseMissing, EngineReason.SnapshotMissing });
        }
    }

    private void WriteFiles(string text)
    {
        for (int i = 0; i < Files; i++)
        {
            _stage.Write($"file{i}", text);
        }
    }

    private static void AssertRight(List<FileChange> changes, int links = Stage.ManyFiles, int length = 7)
    {
        Assert.Equal(links, changes.Count(each => each.Kind == FileChangeKind.Added && each.Path.ToString().StartsWith("link", StringComparison.Ordinal)));
        List<FileChange> files = [.. changes.Where(each => each.Path.ToString().StartsWith("file", StringComparison.Ordinal))];
        Assert.Equal(Files, files.Count);
        Assert.All(files, each => Assert.Equal((FileChangeKind.Content | FileChangeKind.Metadata, new Extent(0, length)), (each.Kind, Assert.Single(each.Extents!))));
    }
}
