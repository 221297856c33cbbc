namespace StorageEngines.Tests.Portable;

public sealed class BlockDifferentialTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private readonly FakeBlockEngine _engine = new();
    private int _next;

    private ApplyOptions Options => new() { StateDirectory = _scratch.State };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Full_stream_and_differences_rebuild_every_target(int version)
    {
        for (int seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            byte[] content = RandomImages.Make(random, random.Next(1, 300_000));
            string image = $"image-{seed}";
            SnapshotInfo previous = Snapshot(content);
            await Apply(image, await Export(null, previous, version));
            for (int step = 0; step < 3; step++)
            {
                Assert.Equal(content, File.ReadAllBytes(_scratch[image]));
                content = RandomImages.Change(random, content, 300_000);
                SnapshotInfo next = Snapshot(content);
                await Apply(image, await Export(previous, next, version), seekable: seed % 2 == 0);
                previous = next;
            }

            Assert.Equal(content, File.ReadAllBytes(_scratch[image]));
        }
    }

    [Fact]
    public async Task Difference_applies_to_a_restored_base()
    {
        (SnapshotInfo first, SnapshotInfo second, byte[] content) = Pair();
        DifferentialSummary restored = await BlockRestore.RestoreAsync(_engine, first, _scratch.Bytes("image"), new RestoreOptions { StateDirectory = _scratch.State });
        Assert.Equal(0, restored.StreamBytes);
        byte[] stream = await Export(first, second);
        DifferentialSummary applied = await Apply("image", stream);
        Assert.Equal(content, File.ReadAllBytes(_scratch["image"]));
        Assert.Equal(stream.Length, applied.StreamBytes);
        Assert.Equal(["image", "state"], Directory.EnumerateFileSystemEntries(_scratch.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task Zeroes_become_holes()
    {
        byte[] content = new byte[8 << 20];
        content[^1] = 1;
        byte[] full = [.. Enumerable.Repeat((byte)7, content.Length)];
        SnapshotInfo first = Snapshot(full);
        SnapshotInfo second = Snapshot(content);
        await Apply("image", await Export(null, first));
        DifferentialSummary summary = await Apply("image", await Export(first, second));
        Assert.Equal(content, File.ReadAllBytes(_scratch["image"]));
        Assert.InRange(summary.ZeroBytes, 7 << 20, content.Length);
        Assert.InRange(Posix.FileStatus.GetPath(_scratch.Bytes("image").Span).Blocks * 512, 1UL, 1UL << 20);
    }

    [Fact]
    public async Task Base_that_nobody_restored_is_refused_untouched()
    {
        (SnapshotInfo first, SnapshotInfo second, byte[] content) = Pair();
        byte[] old = [.. ((MemoryStream)await _engine.OpenReadAsync(first.Ref)).ToArray()];
        File.WriteAllBytes(_scratch["image"], old);
        byte[] stream = await Export(first, second);
        BaseMismatchException error = await Assert.ThrowsAsync<BaseMismatchException>(() => Apply("image", stream));
        Assert.Null(error.Found);
        Assert.Equal(old, File.ReadAllBytes(_scratch["image"]));
        await BlockDifferential.ApplyAsync(new MemoryStream(stream), _scratch.Bytes("image"), Options with { SkipBaseCheck = true });
        Assert.Equal(content, File.ReadAllBytes(_scratch["image"]));
    }

    [Fact]
    public async Task Wrong_base_changed_base_and_second_apply_are_refused()
    {
        (SnapshotInfo first, SnapshotInfo second, byte[] content) = Pair();
        SnapshotInfo third = Snapshot(RandomImages.Change(new Random(9), content, 100_000));
        await Apply("image", await Export(null, first));
        await Assert.ThrowsAsync<BaseMismatchException>(async () => await Apply("image", await Export(second, third)));
        await Apply("image", await Export(first, second));
        BaseMismatchException again = await Assert.ThrowsAsync<BaseMismatchException>(async () => await Apply("image", await Export(first, second)));
        Assert.Contains("already", again.Message, StringComparison.Ordinal);
        File.WriteAllBytes(_scratch["image"], content);
        BaseMismatchException changed = await Assert.ThrowsAsync<BaseMismatchException>(async () => await Apply("image", await Export(second, third)));
        Assert.Contains("changed", changed.Message, StringComparison.Ordinal);
        Assert.Equal(content, File.ReadAllBytes(_scratch["image"]));
    }

    [Fact]
    public async Task Difference_without_its_base_and_full_stream_onto_a_file_are_refused()
    {
        (SnapshotInfo first, SnapshotInfo second, _) = Pair();
        StorageEngineException missing = await Assert.ThrowsAsync<StorageEngineException>(async () => await Apply("image", await Export(first, second)));
        Assert.Equal(EngineStatus.NotFound, missing.Status);
        File.WriteAllText(_scratch["image"], "mine");
        StorageEngineException taken = await Assert.ThrowsAsync<StorageEngineException>(async () => await Apply("image", await Export(null, first)));
        Assert.Equal(EngineReason.NameTaken, taken.Reason);
        Assert.Equal("mine", File.ReadAllText(_scratch["image"]));
        File.CreateSymbolicLink(_scratch["link"], _scratch["image"]);
        await Assert.ThrowsAsync<StorageEngineException>(async () => await Apply("link", await Export(first, second)));
        await Assert.ThrowsAsync<StorageEngineException>(
            () => BlockRestore.RestoreAsync(_engine, first, _scratch.Bytes("image"), new RestoreOptions { StateDirectory = _scratch.State }));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Every_truncation_leaves_the_target_as_it_was(bool full)
    {
        (SnapshotInfo first, SnapshotInfo second, _) = Pair(2000);
        byte[] stream = await Export(full ? null : first, second);
        if (!full)
        {
            await Apply("image", await Export(null, first));
        }

        string[] before = Directory.GetFiles(_scratch.Path);
        byte[]? content = full ? null : File.ReadAllBytes(_scratch["image"]);
        int whole = stream.Length - 64; // without the checksums behind it the stream is that of another program, and whole
        for (int length = 0; length < stream.Length; length++)
        {
            if (length != whole)
            {
                await Assert.ThrowsAsync<CorruptDataException>(() => Apply("image", stream[..length], seekable: length % 2 == 0));
            }
        }

        Assert.Equal(before, Directory.GetFiles(_scratch.Path));
        Assert.Equal(content, full ? null : File.ReadAllBytes(_scratch["image"]));
    }

    [Fact]
    public async Task Every_flipped_bit_is_found()
    {
        (SnapshotInfo first, SnapshotInfo second, _) = Pair(1200);
        await Apply("image", await Export(null, first));
        byte[] content = File.ReadAllBytes(_scratch["image"]);
        byte[] stream = await Export(first, second);
        var random = new Random(3);
        for (int at = 0; at < stream.Length; at++)
        {
            byte[] damaged = [.. stream];
            damaged[at] ^= (byte)(1 << random.Next(8));
            StorageEngineException error = await Assert.ThrowsAnyAsync<StorageEngineException>(() => Apply("image", damaged));
            Assert.True(error is CorruptDataException or BaseMismatchException or { Reason: EngineReason.NameTaken }, error.ToString());
        }

        Assert.Equal(content, File.ReadAllBytes(_scratch["image"]));
    }

    [Fact]
    public async Task Apply_that_was_cut_short_is_finished_by_the_same_stream_only()
    {
        (SnapshotInfo first, SnapshotInfo second, byte[] content) = Pair();
        SnapshotInfo third = Snapshot(RandomImages.Change(new Random(5), content, 100_000));
        await Apply("image", await Export(null, first));
        var receipts = new TargetReceipts(_scratch.State);
        receipts.Put(
            _scratch.Bytes("image"),
            new TargetReceipt(SnapshotIdentity.Of(first.Ref), _scratch.Bytes("image"), "") { Applying = SnapshotIdentity.Of(second.Ref) });
        File.Move(_scratch["image"], _scratch["image.seng-applying"]);
        await Assert.ThrowsAsync<BaseMismatchException>(async () => await Apply("image", await Export(first, third)));
        await Apply("image", await Export(first, second));
        Assert.Equal(content, File.ReadAllBytes(_scratch["image"]));
        Assert.False(File.Exists(_scratch["image.seng-applying"]));
        await Apply("image", await Export(second, third));
    }

    [Fact]
    public async Task Cancelled_apply_and_restore_leave_nothing()
    {
        (SnapshotInfo first, SnapshotInfo second, _) = Pair();
        byte[] stream = await Export(null, second);
        var cancelled = new CancellationToken(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => BlockDifferential.ApplyAsync(new MemoryStream(stream), _scratch.Bytes("image"), Options, cancelled));
        using var source = new CancellationTokenSource();
        var options = new RestoreOptions { StateDirectory = _scratch.State, Progress = new Callback(source.Cancel) };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => BlockRestore.RestoreAsync(_engine, first, _scratch.Bytes("image"), options, source.Token));
        Assert.Empty(Directory.GetFileSystemEntries(_scratch.Path));
    }

    [Fact]
    public async Task Fallback_is_used_as_the_options_say()
    {
        (SnapshotInfo first, SnapshotInfo second, byte[] content) = Pair();
        await Apply("image", await Export(null, first));
        _engine.DeltaError = new ChangeTrackingUnavailableException(EngineReason.ChangeTrackingLost, "lost");
        await Assert.ThrowsAsync<ChangeTrackingUnavailableException>(() => Export(first, second));
        var output = new MemoryStream();
        await BlockDifferential.ExportAsync(_engine, first, second, new BlockExportOptions { Fallback = FallbackPolicy.Allocated }, output);
        await Apply("image", output.ToArray());
        Assert.Equal(content, File.ReadAllBytes(_scratch["image"]));
    }

    public void Dispose() => _scratch.Dispose();

    private SnapshotInfo Snapshot(byte[] content) => _engine.Add($"s{_next++}", content);

    private (SnapshotInfo First, SnapshotInfo Second, byte[] Content) Pair(int length = 100_000)
    {
        var random = new Random(length);
        byte[] first = RandomImages.Make(random, length);
        byte[] second = [.. first, .. new byte[700]];
        random.NextBytes(second.AsSpan(0, 600));
        return (Snapshot(first), Snapshot(second), second);
    }

    private async Task<byte[]> Export(SnapshotInfo? from, SnapshotInfo to, int version = 1)
    {
        var output = new MemoryStream();
        DifferentialSummary summary = await BlockDifferential.ExportAsync(_engine, from, to, new BlockExportOptions { Version = version }, output);
        Assert.Equal(output.Length, summary.StreamBytes);
        return output.ToArray();
    }

    private Task<DifferentialSummary> Apply(string image, byte[] stream, bool seekable = true)
    {
        var memory = new MemoryStream(stream);
        return BlockDifferential.ApplyAsync(seekable ? memory : new PrefixedStream(default, memory), _scratch.Bytes(image), Options);
    }

    private sealed class Callback(Action action) : IProgress<OperationProgress>
    {
        public void Report(OperationProgress value) => action();
    }
}
