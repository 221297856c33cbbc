using System.Globalization;
using StorageEngines.EngineBenchmarks.Measuring;

namespace StorageEngines.EngineBenchmarks.Reports;

/// <summary>Compares what was measured with what is demanded.</summary>
internal static class Demands
{
    private const long MostMemory = 256L << 20;

    /// <summary>All demands of a row.</summary>
    public static IEnumerable<Demand> Of(RowResult result)
    {
        Measurement engine = result.Measurements.First(m => m.Contestant.Role == ContestantRole.Engine);
        foreach (Measurement m in result.Measurements)
        {
            foreach (Demand demand in m.Contestant.Role == ContestantRole.Engine ? OfEngine(result.Row, m) : Against(result.Row, engine, m))
            {
                yield return demand;
            }
        }
    }

    private static IEnumerable<Demand> OfEngine(Row row, Measurement m)
    {
        bool ran = m is { Runs: > 0, Failure: null };
        if (m.Contestant.AtMostSeconds is { } most)
        {
            yield return Make(row, m.Contestant.Name, $"under {most * 1000:F0} ms", ran ? $"{m.Median * 1000:F0} ms" : "-", ran ? m.Median < most : null);
        }

        if (m.Contestant.KeepsAtMost is { } bytes)
        {
            yield return Make(row, $"{m.Contestant.Name}: size", $"at most {bytes:N0} B", ran ? $"{m.Kept:N0} B" : "-", ran ? m.Kept <= bytes : null);
        }

        if (m.Contestant.Call is null)
        {
            bool known = ran && m.PeakBytes is not null;
            yield return Make(row, $"{m.Contestant.Name}: peak memory", $"under {MostMemory >> 20} MiB", known ? $"{m.PeakBytes >> 20} MiB" : "-", known ? m.PeakBytes < MostMemory : null);
        }
    }

    private static IEnumerable<Demand> Against(Row row, Measurement engine, Measurement m)
    {
        bool ran = engine is { Runs: > 0, Failure: null } && m is { Runs: > 0, Failure: null };
        double ratio = ran ? m.Median / engine.Median : 0;
        if (m.Contestant.EngineFasterBy is { } faster)
        {
            yield return Make(row, m.Contestant.Name, $"{faster:0.#}x faster", ran ? $"{Round(ratio)}x" : "-", ran ? ratio >= faster : null);
        }

        if (m.Contestant.EngineWithin is { } within)
        {
            yield return Make(row, m.Contestant.Name, $"within {within:0.##}x of it", ran ? $"{1 / ratio:F2}x" : "-", ran ? 1 / ratio <= within : null);
        }

        if (m.Contestant.EngineKeepsNoMore)
        {
            string measured = ran ? $"{(double)engine.Kept! / (double)m.Kept!:F3} of it" : "-";
            yield return Make(row, $"{m.Contestant.Name}: store size", "no larger", measured, ran ? engine.Kept <= m.Kept : null);
        }
    }

    /// <summary>A ratio with as many digits as mean something.</summary>
    public static string Round(double ratio) => ratio.ToString(ratio < 10 ? "F2" : "F0", CultureInfo.InvariantCulture);

    private static Demand Make(Row row, string what, string demanded, string measured, bool? reached) => new($"{row.Title}: {what}", demanded, measured, reached);
}
