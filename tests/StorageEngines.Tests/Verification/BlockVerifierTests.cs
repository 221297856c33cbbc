namespace StorageEngines.Tests.Verification;

public sealed class BlockVerifierTests
{
    private readonly FakeBlockEngine _engine = new();

    [Fact]
    public async Task Right_answer_is_identical()
    {
        for (int seed = 0; seed < 60; seed++)
        {
            var engine = new FakeBlockEngine();
            var random = new Random(seed);
            byte[] first = RandomImages.Make(random, random.Next(1, 60_000));
            byte[] second = RandomImages.Change(random, first, 60_000);
            VerificationReport report = await SnapshotVerifier.VerifyAsync(engine, engine.Add("a", first), engine.Add("b", second));
            Assert.True(report.Identical, $"seed {seed}: {report.FirstDifference}");
            Assert.InRange(report.BytesCompared + report.ChangedBytes, second.Length, 2L * second.Length);
        }
    }

    [Fact]
    public async Task Every_dropped_extent_is_named()
    {
        var random = new Random(7);
        byte[] first = RandomImages.Make(random, 40_000);
        byte[] second = RandomImages.Change(new Random(4), first, 60_000);
        SnapshotInfo from = _engine.Add("a", first);
        SnapshotInfo to = _engine.Add("b", second);
        int count = 0;
        _engine.Distort = extents => extents.Where(_ => count++ >= 0);
        Assert.True((await SnapshotVerifier.VerifyAsync(_engine, from, to)).Identical);
        int total = count;
        Assert.NotInRange(total, 0, 3);
        for (int dropped = 0; dropped < total; dropped++)
        {
            int skip = dropped;
            long? missing = null;
            _engine.Distort = extents => extents.Where((extent, i) => i != skip || (missing = extent.Offset) is null);
            VerificationReport report = await SnapshotVerifier.VerifyAsync(_engine, from, to);
            bool matters = missing < first.Length || second.AsSpan((int)missing!.Value, Math.Min(512, second.Length - (int)missing.Value)).ContainsAnyExcept((byte)0);
            Assert.Equal(!matters, report.Identical);
            if (matters)
            {
                Assert.Matches($"^byte ({string.Join('|', Enumerable.Range((int)missing.Value, 512))}): ", report.FirstDifference);
            }
        }
    }

    [Fact]
    public async Task Data_reported_as_zero_is_named()
    {
        SnapshotInfo from = _engine.Add("a", new byte[4096]);
        byte[] content = new byte[4096];
        content[1000] = 1;
        SnapshotInfo to = _engine.Add("b", content);
        _engine.Distort = _ => [new Extent(0, 4096, ExtentState.Zero)];
        Assert.StartsWith("byte 1000: reported as zero", (await SnapshotVerifier.VerifyAsync(_engine, from, to)).FirstDifference, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unsorted_answer_is_a_fault_of_the_engine()
    {
        SnapshotInfo from = _engine.Add("a", new byte[4096]);
        SnapshotInfo to = _engine.Add("b", new byte[4096]);
        _engine.Distort = _ => [new Extent(512, 512), new Extent(0, 512)];
        StorageEngineException error = await Assert.ThrowsAsync<StorageEngineException>(() => SnapshotVerifier.VerifyAsync(_engine, from, to));
        Assert.Equal(EngineStatus.Internal, error.Status);
    }
}
