namespace StorageEngines.Tests.Portable.Rolling;

public sealed class RollingFilesTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private readonly byte[] _from = RandomEdits.Bytes(new Random(1), 300_000);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Another_base_is_refused_and_nothing_appears()
    {
        byte[] delta = await DeltaAsync([1, 2, 3, .. _from]);
        byte[] other = [.. _from];
        other[200_000] ^= 1;
        File.WriteAllBytes(_scratch["other"], other);
        BaseMismatchException error = await Assert.ThrowsAsync<BaseMismatchException>(() => PatchAsync("other", delta));
        Assert.Contains("the result would be xxh3-128:", error.Message);
        File.WriteAllBytes(_scratch["other"], [.. _from, 9]);
        error = await Assert.ThrowsAsync<BaseMismatchException>(() => PatchAsync("other", delta));
        Assert.Contains("it has 300001 bytes and not 300000", error.Message);
        Assert.Equal(["base", "other", "target"], Names());
    }

    [Fact]
    public async Task New_file_is_sparse_private_and_replaces_only_on_purpose()
    {
        byte[] to = [.. _from.AsSpan(0, 1000), .. new byte[4 << 20], .. _from.AsSpan(1000), .. new byte[1 << 20]];
        byte[] delta = await DeltaAsync(to);
        RollingPatchSummary summary = await PatchAsync("base", delta);
        Assert.True(summary.IsProven);
        Assert.Equal(to, File.ReadAllBytes(_scratch["made"]));
        Assert.Equal(0x180u, StorageEngines.Posix.FileStatus.GetPath(_scratch.Bytes("made").Span).Mode & 0xFFFu);
        Assert.InRange((long)StorageEngines.Posix.FileStatus.GetPath(_scratch.Bytes("made").Span).Blocks * 512, 1, 2 << 20);
        StorageEngineException taken = await Assert.ThrowsAsync<StorageEngineException>(() => PatchAsync("base", delta));
        Assert.Equal(EngineReason.NameTaken, taken.Reason);
        await PatchAsync("base", delta, replace: true);
        Assert.Equal(["base", "made", "target"], Names());
    }

    [Fact]
    public async Task Base_may_be_replaced_by_the_result()
    {
        byte[] to = [.. _from.AsSpan(150_000), .. _from.AsSpan(0, 150_000)];
        byte[] delta = await DeltaAsync(to);
        await RollingDelta.PatchAsync(_scratch.Bytes("base"), new MemoryStream(delta), _scratch.Bytes("base"), new RollingPatchOptions { Replace = true }, Token);
        Assert.Equal(to, File.ReadAllBytes(_scratch["base"]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Target_that_changes_while_it_is_read_is_noticed(bool shrinks)
    {
        byte[] to = RandomEdits.Bytes(new Random(2), 3 << 20);
        using var output = new MemoryStream();
        await using var restless = new RestlessStream(to, readsBefore: 40, shrinks);
        StorageEngineException error = await Assert.ThrowsAsync<StorageEngineException>(
            () => RollingDelta.CreateAsync(new MemoryStream(to), restless, output, new RollingDeltaOptions(), Token));
        Assert.Equal(EngineReason.ChangedWhileRead, error.Reason);
    }

    [Fact]
    public async Task Cancel_ends_the_work()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        byte[] to = RandomEdits.Bytes(new Random(3), 8 << 20);
        await using var stopping = new StoppingStream(to, stop);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => RollingDelta.CreateAsync(new MemoryStream(_from), stopping, Stream.Null, new RollingDeltaOptions(), stop.Token));
    }

    [Fact]
    public async Task Output_that_fails_fails_the_call()
    {
        await using var full = new FullStream();
        IOException error = await Assert.ThrowsAsync<IOException>(
            () => RollingDelta.CreateAsync(new MemoryStream(_from), new MemoryStream(RandomEdits.Bytes(new Random(4), 1 << 20)), full, new RollingDeltaOptions(), Token));
        Assert.Equal("full", error.Message);
    }

    [Fact]
    public async Task Progress_goes_up_to_the_end()
    {
        var seen = new List<OperationProgress>();
        var options = new RollingDeltaOptions { Progress = new Sink(seen) };
        byte[] to = [.. _from, .. _from];
        await RollingDelta.CreateAsync(new MemoryStream(_from), new MemoryStream(to), Stream.Null, options, Token);
        Assert.NotEmpty(seen);
        Assert.Equal(seen.OrderBy(progress => progress.BytesDone), seen);
        Assert.Equal(to.Length, seen[^1].BytesDone);
    }

    [Fact]
    public async Task Streams_and_files_that_cannot_be_read_anywhere_are_refused()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => RollingDelta.CreateAsync(new StrictStream(), new MemoryStream(), Stream.Null, new RollingDeltaOptions(), Token));
        StorageEngineException error = await Assert.ThrowsAsync<StorageEngineException>(
            () => RollingDelta.CreateAsync(BytePath.FromString(_scratch.Path), _scratch.Bytes("no"), Stream.Null, new RollingDeltaOptions(), Token));
        Assert.Equal(EngineStatus.InvalidArgument, error.Status);
        File.WriteAllBytes(_scratch["base"], _from);
        error = await Assert.ThrowsAsync<StorageEngineException>(
            () => RollingDelta.CreateAsync(_scratch.Bytes("base"), _scratch.Bytes("no"), Stream.Null, new RollingDeltaOptions(), Token));
        Assert.Equal(EngineStatus.NotFound, error.Status);
    }

    public void Dispose() => _scratch.Dispose();

    private async Task<byte[]> DeltaAsync(byte[] to)
    {
        File.WriteAllBytes(_scratch["base"], _from);
        File.WriteAllBytes(_scratch["target"], to);
        using var output = new MemoryStream();
        await RollingDelta.CreateAsync(_scratch.Bytes("base"), _scratch.Bytes("target"), output, new RollingDeltaOptions(), Token);
        return output.ToArray();
    }

    private Task<RollingPatchSummary> PatchAsync(string from, byte[] delta, bool replace = false)
        => RollingDelta.PatchAsync(_scratch.Bytes(from), new MemoryStream(delta), _scratch.Bytes("made"), new RollingPatchOptions { Replace = replace }, Token);

    private IEnumerable<string?> Names() => Directory.EnumerateFileSystemEntries(_scratch.Path).Select(Path.GetFileName).Order();

    private sealed class Sink(List<OperationProgress> seen) : IProgress<OperationProgress>
    {
        public void Report(OperationProgress value) => seen.Add(value);
    }

    /// <summary>After some reads other bytes, or none.</summary>
    private sealed class RestlessStream(byte[] content, int readsBefore, bool shrinks) : MemoryStream(content)
    {
        private int _reads;

        public override int Read(Span<byte> buffer)
        {
            int read = base.Read(buffer);
            if (++_reads <= readsBefore)
            {
                return read;
            }

            if (shrinks)
            {
                return 0;
            }

            buffer[..read].Reverse();
            return read;
        }
    }

    private sealed class StoppingStream(byte[] content, CancellationTokenSource stop) : MemoryStream(content)
    {
        public override int Read(Span<byte> buffer)
        {
            stop.Cancel();
            return base.Read(buffer);
        }
    }

    private sealed class FullStream : MemoryStream
    {
        public override void Write(byte[] buffer, int offset, int count) => throw new IOException("full");

        public override void Write(ReadOnlySpan<byte> buffer) => throw new IOException("full");
    }

    private sealed class StrictStream : MemoryStream
    {
        public override bool CanSeek => false;
    }
}
