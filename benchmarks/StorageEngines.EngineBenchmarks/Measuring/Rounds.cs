using System.Diagnostics;
using StorageEngines.EngineBenchmarks.Workloads;

namespace StorageEngines.EngineBenchmarks.Measuring;

/// <summary>Runs a row, interleaved: each contestant once per round. The first round warms up and is not counted; slow ones leave it out.</summary>
internal sealed class Rounds(BenchmarkSettings settings, string folder)
{
    /// <summary>Runs a row. Who fails is left out of the rounds that follow, and the report says why.</summary>
    public async Task<RowResult> RunAsync(Row row)
    {
        List<Measurement> all = [.. row.Contestants.Select(c => new Measurement(c))];
        long started = Stopwatch.GetTimestamp();
        try
        {
            await row.Begin();
            for (int run = 0; run <= settings.Runs; run++)
            {
                foreach (Measurement one in all.Where(m => m.Failure is null && TakesPart(m.Contestant, run)))
                {
                    await OnceAsync(row, one, run);
                }
            }
        }
        finally
        {
            await row.End();
        }

        Console.Error.WriteLine($"{row.Id}: {Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s for the row");
        return new RowResult(row, all);
    }

    private bool TakesPart(Contestant contestant, int run)
    {
        int most = contestant.Slow ? settings.PeerRuns : settings.Runs;
        most = contestant.MostRuns > 0 ? Math.Min(most, contestant.MostRuns) : most;
        return run == 0 ? !contestant.Slow && contestant.MostRuns != 1 : run <= most;
    }

    private async Task OnceAsync(Row row, Measurement one, int run)
    {
        Contestant contestant = one.Contestant;
        try
        {
            await contestant.Prepare();
            ProcessCost cost = contestant.Call is { } call ? await TimeAsync(call) : await Shell.MeasureAsync(contestant.Script, folder);
            Console.Error.WriteLine($"{row.Id}: run {run} of {contestant.Name}: {cost.Seconds:F3} s");
            if (run > 0)
            {
                one.Add(cost, contestant.Keeps.Count > 0 ? await DiskUsage.OfAsync(folder, contestant.Keeps) : null);
                if (contestant.Check is { } check)
                {
                    one.Note(await check());
                }
            }
        }
        catch (WrongResultException error)
        {
            one.Fail($"WRONG RESULT: {error.Message}");
        }
        catch (Exception error) when (error is InvalidOperationException or IOException)
        {
            one.Fail(error.Message);
        }

        if (one.Failure is not null)
        {
            Console.Error.WriteLine($"{row.Id}: {contestant.Name}: {one.Failure}");
        }
    }

    private static async Task<ProcessCost> TimeAsync(Func<Task> call)
    {
        long started = Stopwatch.GetTimestamp();
        TimeSpan used = Environment.CpuUsage.TotalTime;
        await call();
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return new ProcessCost(seconds, (Environment.CpuUsage.TotalTime - used).TotalSeconds, null);
    }
}
