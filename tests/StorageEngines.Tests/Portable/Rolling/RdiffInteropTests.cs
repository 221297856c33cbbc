using System.Diagnostics;

namespace StorageEngines.Tests.Portable.Rolling;

/// <summary>Ours and the stock <c>rdiff</c> read each other's deltas.</summary>
public sealed class RdiffInteropTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 25)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Stock_patch_makes_the_target_of_our_delta(int seed)
    {
        RequireRdiff();
        Write(seed);
        using (FileStream delta = File.Create(_scratch["delta"]))
        {
            await RollingDelta.CreateAsync(
                _scratch.Bytes("base"), _scratch.Bytes("target"), delta, new RollingDeltaOptions { LeaveOutTrailer = seed % 2 == 0 }, TestContext.Current.CancellationToken);
        }

        Rdiff("patch", "base", "delta", "made");
        Assert.Equal(File.ReadAllBytes(_scratch["target"]), File.ReadAllBytes(_scratch["made"]));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task We_make_the_target_of_a_stock_delta(int seed)
    {
        RequireRdiff();
        Write(seed);
        Rdiff("signature", "base", "signature");
        Rdiff("delta", "signature", "target", "delta");
        await using FileStream delta = File.OpenRead(_scratch["delta"]);
        RollingPatchSummary summary = await RollingDelta.PatchAsync(
            _scratch.Bytes("base"), delta, _scratch.Bytes("made"), new RollingPatchOptions(), TestContext.Current.CancellationToken);
        Assert.Equal(File.ReadAllBytes(_scratch["target"]), File.ReadAllBytes(_scratch["made"]));
        Assert.False(summary.IsProven);
    }

    public void Dispose() => _scratch.Dispose();

    private static void RequireRdiff() => Assert.SkipUnless(File.Exists("/usr/bin/rdiff"), "backend missing: rdiff: not installed");

    private void Write(int seed)
    {
        var random = new Random(seed);
        byte[] from = RandomEdits.Make(random, random.Next(1, 400_000));
        File.WriteAllBytes(_scratch["base"], from);
        File.WriteAllBytes(_scratch["target"], RandomEdits.Edit(random, from));
    }

    private void Rdiff(params string[] arguments)
    {
        var start = new ProcessStartInfo("/usr/bin/rdiff", [arguments[0], .. arguments[1..].Select(name => _scratch[name])]) { RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error);
    }
}
