namespace StorageEngines.Tests.Verification;

public sealed class SpotCheckTests
{
    [Fact]
    public async Task Right_answer_passes_and_changed_ranges_are_not_read()
    {
        for (int seed = 0; seed < 30; seed++)
        {
            var engine = new FakeBlockEngine();
            var random = new Random(seed);
            byte[] first = RandomImages.Make(random, 50_000);
            VerificationReport report = await SpotCheck.RunAsync(
                engine, engine.Add("a", first), engine.Add("b", RandomImages.Change(random, first, 60_000)), new SpotCheckOptions { Seed = seed, SampleBytes = 700 });
            Assert.True(report.Identical, report.FirstDifference);
        }
    }

    [Fact]
    public async Task Engine_that_forgets_much_is_found_out()
    {
        var engine = new FakeBlockEngine { Distort = _ => [] };
        byte[] second = new byte[50_000];
        new Random(1).NextBytes(second);
        VerificationReport report = await SpotCheck.RunAsync(engine, engine.Add("a", new byte[50_000]), engine.Add("b", second), new SpotCheckOptions { SampleBytes = 64 });
        Assert.StartsWith("byte ", report.FirstDifference, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Empty_volume_has_nothing_to_check()
    {
        var engine = new FakeBlockEngine();
        VerificationReport report = await SpotCheck.RunAsync(engine, engine.Add("a", []), engine.Add("b", []), new SpotCheckOptions());
        Assert.Equal((true, 0L), (report.Identical, report.BytesCompared));
    }
}
