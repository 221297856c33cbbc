using System.Runtime.InteropServices;
using StorageEngines.EngineBenchmarks.Measuring;

namespace StorageEngines.EngineBenchmarks.Reports;

/// <summary>What a report says about where it was made.</summary>
internal static class Machine
{
    /// <summary>Processor, memory, system and runtime.</summary>
    public static string Header()
    {
        string? processor = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim()
            : null;
        long memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30;
        return $"Machine: {Environment.ProcessorCount} cores ({processor ?? "unknown"}), {memory} GiB, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}.";
    }

    /// <summary>The peers' own words about their versions.</summary>
    public static IEnumerable<string> Versions(BenchmarkSettings settings)
    {
        string[] programs = ["restic version", "borg --version", "rdiff --version", "rsync --version", "tar --version", "git --version"];
        foreach (string command in programs.Where(c => Shell.Has(c.Split(' ')[0]) && settings.Peers is null))
        {
            yield return string.Join(' ', Shell.OutputAsync(["/bin/sh", "-c", command + " | head -n 1"], "/").GetAwaiter().GetResult().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Take(4));
        }
    }
}
