using System.Diagnostics;
using System.Globalization;

namespace StorageEngines.EngineBenchmarks.Measuring;

/// <summary>Runs whole processes and measures them.</summary>
internal static class Shell
{
    private const string Time = "/usr/bin/time";

    private static readonly Dictionary<string, string> _environment = new() { ["LC_ALL"] = "C", ["TZ"] = "UTC" };

    /// <summary>Whether memory can be measured.</summary>
    public static bool CanMeasureMemory { get; } = File.Exists(Time);

    /// <summary>Sets a variable for all processes.</summary>
    public static void Set(string name, string value) => _environment[name] = value;

    /// <summary>Whether a program is installed.</summary>
    public static bool Has(string program)
        => $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin".Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));

    /// <summary>Runs a script and measures it.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static async Task<ProcessCost> MeasureAsync(string script, string folder)
    {
        string report = Path.Combine(folder, "cost");
        string[] command = ["/bin/sh", "-c", script];
        long started = Stopwatch.GetTimestamp();
        await OutputAsync(CanMeasureMemory ? [Time, "-q", "-o", report, "-f", "%U %S %M", .. command] : command, folder);
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        if (!CanMeasureMemory)
        {
            return new ProcessCost(seconds, double.NaN, null);
        }

        string[] fields = (await File.ReadAllLinesAsync(report))[^1].Split(' ');
        double Number(int i) => double.Parse(fields[i], CultureInfo.InvariantCulture);
        return new ProcessCost(seconds, Number(0) + Number(1), (long)Number(2) << 10);
    }

    /// <summary>Runs a script for its effect.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static Task RunAsync(string script, string folder) => OutputAsync(["/bin/sh", "-c", script], folder);

    /// <summary>Runs a program and gives its standard output.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static async Task<string> OutputAsync(string[] command, string folder)
    {
        var start = new ProcessStartInfo(command[0]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in command.Skip(1))
        {
            start.ArgumentList.Add(argument);
        }

        foreach ((string name, string value) in _environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"{string.Join(' ', command)} ended with {process.ExitCode}: {(await errors).Trim()}");
    }
}
