using System.Text;
using StorageEngines.Tests.Portable.Trees;

namespace StorageEngines.Tests.Portable.Rolling;

public sealed class SnapshotDeltaTests : IDisposable
{
    private readonly StorageEngines.Tests.ScratchDirectory _scratch = new();
    private readonly FakeBlockEngine _engine = new();
    private int _next;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private ApplyOptions Options => new() { StateDirectory = _scratch.State };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Differences_of_snapshots_lead_from_one_to_the_next(bool engineKnows)
    {
        _engine.DeltaError = engineKnows ? null : new ChangeTrackingUnavailableException(EngineReason.ChangeTrackingLost, "lost");
        for (int seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            byte[] content = RandomImages.Make(random, random.Next(1, 300_000));
            SnapshotInfo previous = Add(content);
            string image = await RestoreAsync(previous);
            for (int step = 0; step < 3; step++)
            {
                content = step == 1 ? RandomEdits.Edit(random, content) : RandomImages.Change(random, content, 300_000);
                content = content.Length == 0 ? [1] : content;
                SnapshotInfo next = Add(content);
                byte[] delta = await ExportAsync(previous, next);
                DifferentialSummary applied = await ApplyAsync(image, delta);
                Assert.True(File.ReadAllBytes(_scratch[image]).AsSpan().SequenceEqual(content), $"seed {seed}, step {step}");
                Assert.Equal(delta.Length, applied.StreamBytes);
                previous = next;
            }
        }
    }

    [Fact]
    public async Task What_the_engine_knows_to_be_unchanged_is_not_read()
    {
        byte[] content = RandomEdits.Bytes(new Random(1), 8 << 20);
        byte[] changed = [.. content];
        changed.AsSpan(1_000_000, 70_000).Fill(3);
        long readBefore = _engine.BytesRead;
        byte[] delta = await ExportAsync(Add(content), Add(changed));
        Assert.InRange(delta.Length, 70_000, 71_000);
        Assert.InRange(_engine.BytesRead - readBefore, 70_000, 4 << 20);
    }

    [Fact]
    public async Task What_the_engine_knows_to_have_moved_is_not_read()
    {
        byte[] content = RandomEdits.Bytes(new Random(7), 16 << 20);
        byte[] changed = [.. content.AsSpan(9 << 20), .. RandomEdits.Bytes(new Random(8), 70_000), .. content.AsSpan(0, 9 << 20)];
        SnapshotInfo first = Add(content);
        string image = await RestoreAsync(first);
        // What the engine knows ends a little before the places where something happened, as chunks do.
        int head = 7 << 20;
        _engine.Matches = [new ContentMatch(0, 9 << 20, head - 5000), new ContentMatch(head + 70_000 + 6000, 6000, (9 << 20) - 6000)];
        long readBefore = _engine.BytesRead;
        byte[] delta = await ExportAsync(first, Add(changed));
        Assert.InRange(delta.Length, 70_000, 71_000);
        Assert.InRange(_engine.BytesRead - readBefore, 70_000, 3 << 20);
        await ApplyAsync(image, delta);
        Assert.Equal(changed, File.ReadAllBytes(_scratch[image]));
    }

    [Fact]
    public async Task Moved_pieces_in_any_order_lead_to_the_target()
    {
        for (int seed = 0; seed < 60; seed++)
        {
            var random = new Random(seed);
            byte[] content = RandomEdits.Make(random, random.Next(1, 200_000));
            var target = new List<byte>();
            var matches = new List<ContentMatch>();
            for (int pieces = random.Next(1, 30); pieces > 0; pieces--)
            {
                int from = random.Next(content.Length);
                int length = random.Next(1, Math.Min(30_000, content.Length - from) + 1);
                int known = random.Next(length + 1);
                if (known > 0 && random.Next(4) > 0)
                {
                    int skipped = random.Next(length - known + 1);
                    matches.Add(new ContentMatch(target.Count + skipped, from + skipped, known));
                }

                target.AddRange(random.Next(5) == 0 && matches.All(match => match.Offset + match.Length <= target.Count)
                    ? RandomEdits.Bytes(random, length)
                    : content.AsSpan(from, length).ToArray());
            }

            SnapshotInfo first = Add(content);
            string image = await RestoreAsync(first);
            _engine.Matches = matches;
            await ApplyAsync(image, await ExportAsync(first, Add([.. target])));
            Assert.True(File.ReadAllBytes(_scratch[image]).AsSpan().SequenceEqual(target.ToArray()), $"seed {seed}");
        }
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(0, -1, 10)]
    [InlineData(0, 99_995, 10)]
    [InlineData(0, 0, long.MaxValue)]
    public async Task Impossible_matches_of_an_engine_are_refused(long offset, long baseOffset, long length)
    {
        byte[] content = RandomEdits.Bytes(new Random(9), 100_000);
        byte[] changed = [1, .. content];
        _engine.Matches = [new ContentMatch(offset, baseOffset, length)];
        StorageEngineException error = await Assert.ThrowsAsync<StorageEngineException>(() => ExportAsync(Add(content), Add(changed)));
        Assert.Equal(EngineStatus.Internal, error.Status);
    }

    [Fact]
    public async Task Another_target_is_refused_and_stays_as_it_is()
    {
        var random = new Random(2);
        byte[] content = RandomEdits.Bytes(random, 100_000);
        SnapshotInfo first = Add(content);
        content = [.. content];
        content[500] ^= 1;
        SnapshotInfo second = Add(content);
        byte[] delta = await ExportAsync(first, second);

        string written = await RestoreAsync(first);
        File.AppendAllText(_scratch[written], "x");
        Assert.Contains("it has 100001 bytes", (await RefuseAsync(written, delta)).Message);
        string other = await RestoreAsync(second);
        Assert.Contains("it holds the difference's target already", (await RefuseAsync(other, delta)).Message);
        File.WriteAllBytes(_scratch["unknown"], content);
        Assert.Contains("it was not restored here", (await RefuseAsync("unknown", delta)).Message);
        Assert.Equal(content, File.ReadAllBytes(_scratch["unknown"]));
        await RollingDelta.ApplyAsync(new MemoryStream(delta), _scratch.Bytes("unknown"), Options with { SkipBaseCheck = true }, Token);
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(_scratch.Path), name => name.Contains(".seng-"));
    }

    [Fact]
    public async Task Result_that_the_delta_tells_proves_the_base_without_a_receipt()
    {
        byte[] from = RandomEdits.Bytes(new Random(3), 90_000);
        byte[] to = [7, .. from];
        (byte[] delta, _) = await DeltaRounds.MakeAsync(from, to);
        (byte[] bare, _) = await DeltaRounds.MakeAsync(from, to, bare: true);
        File.WriteAllBytes(_scratch["image"], from);
        Assert.Contains("another program made it", (await RefuseAsync("image", bare)).Message);
        await ApplyAsync("image", delta);
        Assert.Equal(to, File.ReadAllBytes(_scratch["image"]));
    }

    [Fact]
    public async Task Damaged_delta_and_cancel_leave_the_target_alone()
    {
        SnapshotInfo first = Add(RandomEdits.Bytes(new Random(4), 90_000));
        byte[] delta = await ExportAsync(first, Add(RandomEdits.Bytes(new Random(5), 90_000)));
        string image = await RestoreAsync(first);
        byte[] before = File.ReadAllBytes(_scratch[image]);
        delta[40_000] ^= 1;
        await Assert.ThrowsAsync<CorruptDataException>(() => ApplyAsync(image, delta));
        delta[40_000] ^= 1;
        using var stopped = new CancellationTokenSource();
        await stopped.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RollingDelta.ApplyAsync(new MemoryStream(delta), _scratch.Bytes(image), Options, stopped.Token));
        Assert.Equal(before, File.ReadAllBytes(_scratch[image]));
        await ApplyAsync(image, delta);
        Assert.NotEqual(before, File.ReadAllBytes(_scratch[image]));
    }

    [Fact]
    public async Task Missing_target_is_told()
    {
        (byte[] delta, _) = await DeltaRounds.MakeAsync([1], [1, 2]);
        StorageEngineException error = await Assert.ThrowsAsync<StorageEngineException>(() => ApplyAsync("nothing", delta));
        Assert.Equal(EngineStatus.NotFound, error.Status);
    }

    [Fact]
    public async Task File_of_a_tree_travels_although_it_was_shifted_and_renamed()
    {
        var tree = new MemoryTree(1);
        byte[] content = RandomEdits.Bytes(new Random(6), 500_000);
        BytePath disk = BytePath.FromString("disk");
        BytePath moved = BytePath.FromString("moved");
        tree.Volume.CreateFile(disk, content);
        SnapshotInfo first = await tree.SnapshotAsync();
        tree.Volume.Write(disk, 0, (byte[])[.. "inserted"u8, .. content]);
        tree.Volume.Rename(disk, moved);
        SnapshotInfo second = await tree.SnapshotAsync();
        await BlockRestore.RestoreAsync(tree.Engine, first, _scratch.Bytes("image"), new RestoreOptions { StateDirectory = _scratch.State, Path = disk }, Token);
        using var output = new MemoryStream();
        var options = new RollingExportOptions { Path = moved, BasePath = disk };
        await RollingDelta.ExportAsync(tree.Engine, first, second, options, output, Token);
        Assert.InRange(output.Length, 8, 300);
        await ApplyAsync("image", output.ToArray());
        Assert.Equal(tree.Volume.ReadFile(moved), File.ReadAllBytes(_scratch["image"]));
    }

    [Fact]
    public async Task Format_is_detected()
    {
        (byte[] delta, _) = await DeltaRounds.MakeAsync([1], [1, 2]);
        Assert.Equal(DifferentialFormat.Rdiff, await DifferentialFormats.DetectAsync(new MemoryStream(delta), Token));
        Assert.Null(DifferentialFormats.Detect(Encoding.Latin1.GetBytes("rs\u0002")));
    }

    public void Dispose() => _scratch.Dispose();

    private SnapshotInfo Add(byte[] content) => _engine.Add($"snapshot-{_next++}", content);

    private async Task<string> RestoreAsync(SnapshotInfo snapshot)
    {
        string name = $"image-{_next++}";
        await BlockRestore.RestoreAsync(_engine, snapshot, _scratch.Bytes(name), new RestoreOptions { StateDirectory = _scratch.State }, Token);
        return name;
    }

    private async Task<byte[]> ExportAsync(SnapshotInfo from, SnapshotInfo to)
    {
        using var output = new MemoryStream();
        DifferentialSummary summary = await RollingDelta.ExportAsync(_engine, from, to, new RollingExportOptions(), output, Token);
        Assert.Equal(output.Length, summary.StreamBytes);
        return output.ToArray();
    }

    private Task<DifferentialSummary> ApplyAsync(string image, byte[] delta)
        => RollingDelta.ApplyAsync(new MemoryStream(delta), _scratch.Bytes(image), Options, Token);

    private Task<BaseMismatchException> RefuseAsync(string image, byte[] delta) => Assert.ThrowsAsync<BaseMismatchException>(() => ApplyAsync(image, delta));
}
