using System.Diagnostics;

namespace StorageEngines.EngineBenchmarks;

/// <summary>Runs whole processes and times them.</summary>
internal static class Shell
{
    public static bool Has(string program) => Run("/bin/sh", "-c", $"command -v {program} >/dev/null 2>&1", expectSuccess: false).ExitCode == 0;

    public static async Task<TimeSpan> TimeAsync(string[] command, string folder)
    {
        long started = Stopwatch.GetTimestamp();
        using Process process = Start(command, folder);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
        await output;
        return process.ExitCode == 0 ? elapsed : throw new InvalidOperationException($"{string.Join(' ', command)} ended with {process.ExitCode}: {await errors}");
    }

    public static async Task<string> OutputAsync(string[] command, string folder)
    {
        using Process process = Start(command, folder);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{string.Join(' ', command)} ended with {process.ExitCode}: {await errors}");
    }

    private static (int ExitCode, string Output) Run(string program, string option, string script, bool expectSuccess)
    {
        using Process process = Start([program, option, script], "/");
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return !expectSuccess || process.ExitCode == 0 ? (process.ExitCode, output) : throw new InvalidOperationException($"{script} ended with {process.ExitCode}");
    }

    private static Process Start(string[] command, string folder)
    {
        var start = new ProcessStartInfo(command[0]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in command.Skip(1))
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["LC_ALL"] = "C";
        return Process.Start(start)!;
    }
}
