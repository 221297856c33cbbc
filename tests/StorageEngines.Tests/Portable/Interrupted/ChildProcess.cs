using System.Diagnostics;

namespace StorageEngines.Tests.Portable.Interrupted;

/// <summary>Runs a piece of work in a process of its own, which dies of SIGKILL on the way.</summary>
internal static class ChildProcess
{
    private const int KilledExit = 137;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    internal static string? Strace { get; } = new[] { "/usr/bin/strace", "/bin/strace" }.FirstOrDefault(File.Exists);

    /// <summary>Runs it.</summary>
    /// <param name="work">The work.</param>
    /// <param name="prefix">A program and arguments that are put before it.</param>
    /// <returns>True if it was killed, false if it had ended well before.</returns>
    internal static async Task<bool> RunAsync(ChildWork work, params string[] prefix)
    {
        string host = Environment.ProcessPath!;
        string[] run = host.EndsWith("dotnet", StringComparison.Ordinal) ? [host, "exec", typeof(ChildProcess).Assembly.Location] : [host];
        string[] line = [.. prefix, .. run, "-method", $"{typeof(KillTests).FullName}.{nameof(KillTests.Child_that_is_killed)}"];
        var start = new ProcessStartInfo(line[0], line[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        work.Write(start.Environment);
        using Process child = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Limit);
        Task<string> error = child.StandardError.ReadToEndAsync(limit.Token);
        string output = await child.StandardOutput.ReadToEndAsync(limit.Token);
        await child.WaitForExitAsync(limit.Token);
        Assert.True(child.ExitCode is 0 or KilledExit, $"the child ended with {child.ExitCode}: {output}{await error}");
        return child.ExitCode == KilledExit;
    }

    /// <summary>Runs it and kills it at the given call of a system call.</summary>
    internal static Task<bool> RunUntilCallAsync(ChildWork work, string call, int count)
        => RunAsync(work, Strace!, "-f", "-qq", "-o", "/dev/null", "-e", $"trace={call}", "-e", $"inject={call}:signal=SIGKILL:when={count}");
}
