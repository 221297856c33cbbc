using System.Diagnostics;

namespace StorageEngines.KernelBenchmarks;

/// <summary>What a run took.</summary>
/// <param name="Seconds">Of wall time.</param>
/// <param name="Cpu">Seconds of processor time, of all threads.</param>
internal readonly record struct Cost(double Seconds, double Cpu)
{
    /// <summary>Runs something in this process.</summary>
    internal static Cost Of(Action action)
    {
        using var self = Process.GetCurrentProcess();
        TimeSpan cpu = self.TotalProcessorTime;
        var clock = Stopwatch.StartNew();
        action();
        double seconds = clock.Elapsed.TotalSeconds;
        self.Refresh();
        return new Cost(seconds, (self.TotalProcessorTime - cpu).TotalSeconds);
    }

    /// <summary>The middle one of some runs.</summary>
    internal static double Median(List<Cost> costs, Func<Cost, double> value) => costs.Select(value).Order().ElementAt(costs.Count / 2);
}
