namespace StorageEngines.Tests.Portable.Interrupted;

/// <summary>An input that breaks, and a caller who cancels, at several places of an apply.</summary>
public sealed class BreakTests
{
    public static TheoryData<DifferentialFormat, int> Places()
    {
        var data = new TheoryData<DifferentialFormat, int>();
        foreach (DifferentialFormat format in new[] { DifferentialFormat.BtrfsSend, DifferentialFormat.Tar })
        {
            for (int percent = 0; percent < 100; percent += 33)
            {
                data.Add(format, percent);
            }
        }

        return data;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Input_that_breaks_leaves_an_image_that_can_be_finished(bool seekable)
    {
        for (int percent = 5; percent < 100; percent += 30)
        {
            using var place = new BlockPlace();
            byte[] stream = File.ReadAllBytes(place.Stream);
            using var input = new BrokenInput(stream, stream.Length * percent / 100, seekable);
            Exception error = await Assert.ThrowsAnyAsync<Exception>(() => place.ApplyAsync(input, CancellationToken.None));
            if (seekable)
            {
                Assert.Contains("apply the same stream again to finish", Assert.IsType<StorageEngineException>(error).Message, StringComparison.Ordinal);
            }
            else
            {
                Assert.IsType<IOException>(error);
                Assert.True(File.Exists(place.Image), "an input that breaks before it was checked touches nothing");
            }

            await place.AssertRecoversAsync();
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Cancelled_apply_to_an_image_stops_before_the_first_write_or_runs_to_its_end(bool seekable)
    {
        for (int percent = 5; percent < 100; percent += 30)
        {
            using var place = new BlockPlace();
            byte[] stream = File.ReadAllBytes(place.Stream);
            using var cancel = new CancellationTokenSource();
            using var input = new BrokenInput(stream, stream.Length * percent / 100, seekable, cancel.Cancel);
            if (seekable)
            {
                await place.ApplyAsync(input, cancel.Token);
                Assert.True(cancel.IsCancellationRequested);
            }
            else
            {
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => place.ApplyAsync(input, cancel.Token));
            }

            Assert.True(File.Exists(place.Image));
            await place.AssertRecoversAsync();
        }
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task Input_that_breaks_leaves_the_base_or_a_tree_that_says_what_it_is(DifferentialFormat format, int percent)
    {
        foreach (bool seekable in new[] { true, false })
        {
            using TreePlace place = await TreePlace.MakeAsync(format, 31 + percent);
            byte[] stream = File.ReadAllBytes(place.Stream);
            using var input = new BrokenInput(stream, stream.Length * percent / 100, seekable);
            Exception error = await Assert.ThrowsAnyAsync<Exception>(() => place.ApplyAsync(input, CancellationToken.None));
            if (seekable)
            {
                Assert.Contains("restore the base again", Assert.IsType<StorageEngineException>(error).Message, StringComparison.Ordinal);
            }
            else
            {
                Assert.IsType<IOException>(error);
                Assert.True(Directory.Exists(place.Name), "an input that breaks before it was checked touches nothing");
            }

            await place.AssertRecoversAsync();
        }
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task Cancelled_apply_leaves_the_base_or_a_tree_that_says_what_it_is(DifferentialFormat format, int percent)
    {
        foreach (bool seekable in new[] { true, false })
        {
            using TreePlace place = await TreePlace.MakeAsync(format, 51 + percent);
            byte[] stream = File.ReadAllBytes(place.Stream);
            using var cancel = new CancellationTokenSource();
            using var input = new BrokenInput(stream, stream.Length * percent / 100, seekable, cancel.Cancel);
            OperationCanceledException error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => place.ApplyAsync(input, cancel.Token));
            Assert.True(!seekable || error.Message.Contains("restore the base again", StringComparison.Ordinal), error.Message);
            await place.AssertRecoversAsync();
        }
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task Whole_tree_that_breaks_or_is_cancelled_leaves_nothing(DifferentialFormat format, int percent)
    {
        using var scratch = new Trees.ScratchDirectory();
        (Trees.MemoryTree tree, SnapshotInfo snapshot) = await ChildWork.TreeAsync();
        var output = new MemoryStream();
        await TreeDifferential.ExportAsync(tree.Engine, null, snapshot, output, format);
        foreach (bool seekable in new[] { true, false })
        {
            using var cancel = new CancellationTokenSource();
            foreach (Action? action in new Action?[] { null, cancel.Cancel })
            {
                using var input = new BrokenInput(output.ToArray(), output.Length * percent / 100, seekable, action);
                await Assert.ThrowsAnyAsync<Exception>(() => TreeDifferential.ApplyAsync(input, scratch.At("tree"), scratch.Options, cancel.Token));
                Assert.Empty(Directory.GetFileSystemEntries(scratch.Path));
            }
        }
    }

    [Fact]
    public async Task Whole_image_that_breaks_or_is_cancelled_leaves_nothing()
    {
        using var scratch = new Trees.ScratchDirectory();
        (FakeBlockEngine engine, SnapshotInfo snapshot, _) = ChildWork.Image();
        var output = new MemoryStream();
        await BlockDifferential.ExportAsync(engine, null, snapshot, output);
        for (int percent = 1; percent < 100; percent += 14)
        {
            using var cancel = new CancellationTokenSource();
            foreach (Action? action in new Action?[] { null, cancel.Cancel })
            {
                using var input = new BrokenInput(output.ToArray(), output.Length * percent / 100, seekable: false, action);
                await Assert.ThrowsAnyAsync<Exception>(() => BlockDifferential.ApplyAsync(input, scratch.At("image"), scratch.Options, cancel.Token));
                Assert.Empty(Directory.GetFileSystemEntries(scratch.Path));
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(60)]
    [InlineData(int.MaxValue)]
    public async Task Cancelled_restore_of_a_tree_leaves_nothing(int step)
    {
        using var scratch = new Trees.ScratchDirectory();
        (Trees.MemoryTree tree, SnapshotInfo snapshot) = await ChildWork.TreeAsync();
        using var cancel = new CancellationTokenSource();
        int reports = 0;
        int files = tree.Volume.List().Count(e => e.Type != TreeEntryType.Directory && e.LinkCount == 1);
        var progress = new Callback(() =>
        {
            if (Interlocked.Increment(ref reports) == Math.Min(step, files))
            {
                cancel.Cancel();
            }
        });
        var options = new RestoreOptions { StateDirectory = scratch.State, Progress = progress };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => TreeRestore.RestoreAsync(tree.Engine, snapshot, scratch.At("tree"), options, cancel.Token));
        Assert.Empty(Directory.GetFileSystemEntries(scratch.Path).Select(Path.GetFileName).Except(["state"]));
    }

    private sealed class Callback(Action action) : IProgress<OperationProgress>
    {
        public void Report(OperationProgress value) => action();
    }
}
