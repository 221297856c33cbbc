using System.Globalization;
using FsCheck;
using FsCheck.Fluent;

namespace StorageEngines.Specification;

/// <summary>Plays random histories with FsCheck, which shrinks one that fails and prints the seed that repeats it.</summary>
internal static class Histories
{
    private const string CountVariable = "SENG_SPEC_HISTORIES";
    private const string SeedVariable = "SENG_SPEC_SEED";
    private const int MostKinds = 100;
    private const int MostSteps = 60;

    /// <summary>Plays as many histories as the environment asks for, or as the fixture does; with a seed, that history first.</summary>
    internal static async Task PlayAsync(int byDefault, Func<HistoryStep[], Task> play)
    {
        Gen<int> number = Gen.Choose(0, 1_000_000);
        Gen<HistoryStep> step = from kind in Gen.Choose(0, MostKinds - 1)
                                from a in number
                                from b in number
                                select new HistoryStep(kind, a, b);
        Arbitrary<HistoryStep[]> history = Arb.From(Gen.ArrayOf(step), Shorter);
        Config config = Config.QuickThrowOnFailure.WithMaxTest(Count(byDefault)).WithStartSize(8).WithEndSize(MostSteps).WithQuietOnSuccess(true);
        if (Environment.GetEnvironmentVariable(SeedVariable) is { Length: > 0 } seed)
        {
            string[] parts = seed.Split(',');
            config = config.WithReplay(ulong.Parse(parts[0], CultureInfo.InvariantCulture), ulong.Parse(parts[1], CultureInfo.InvariantCulture));
        }

        Exception? failure = await Record.ExceptionAsync(() => Task.Run(() => Check.One(config, Prop.ForAll(history, steps => play(steps)))));
        Assert.True(failure is null, $"A random history broke the oracle; repeat it with {SeedVariable}=SEED,GAMMA, the two numbers below.\n{failure}");
    }

    private static int Count(int byDefault)
        => int.TryParse(Environment.GetEnvironmentVariable(CountVariable), CultureInfo.InvariantCulture, out int count) && count > 0 ? count : byDefault;

    /// <summary>Leaves out halves, quarters, and so on down to single steps.</summary>
    private static IEnumerable<HistoryStep[]> Shorter(HistoryStep[] steps)
    {
        for (int length = Math.Max(1, steps.Length / 2); length >= 1 && steps.Length > 1; length /= 2)
        {
            for (int at = 0; at < steps.Length; at += length)
            {
                yield return [.. steps[..at], .. steps[Math.Min(at + length, steps.Length)..]];
            }
        }
    }
}
