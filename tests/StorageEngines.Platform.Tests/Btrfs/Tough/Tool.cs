using System.Diagnostics;
using System.Reflection;

namespace StorageEngines.Platform.Tests.Btrfs.Tough;

/// <summary>The built command line as a process of its own, with a directory of its own for what it keeps.</summary>
internal sealed class Tool : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private readonly string _directory = Directory.CreateTempSubdirectory("seng-test-btrfs-tool-").FullName;

    internal Tool() => BtrfsLoop.Run("chmod", "777", Directory.CreateDirectory(Temporary).FullName);

    /// <summary>What a run gave. The code of a process that a signal ended is 128 and the signal's number.</summary>
    internal sealed record Result(int Exit, string Output, string Error)
    {
        internal Result Expect(int exit)
        {
            Assert.True(exit == Exit, $"exit code {Exit} instead of {exit}\nstdout: {Output}\nstderr: {Error}");
            return this;
        }
    }

    /// <summary>What the tool takes for the temporary directory.</summary>
    internal string Temporary => Path.Combine(_directory, "tmp");

    private static string Program
        => typeof(Tool).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "CliPath").Value!;

    internal Task<Result> RunAsync(params string[] arguments) => EndAsync(Start([], arguments));

    /// <summary>Runs it as a user without rights.</summary>
    internal Task<Result> RunAsNobodyAsync(params string[] arguments)
    {
        BtrfsLoop.Run("chmod", "777", _directory);
        return EndAsync(Start(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"], arguments));
    }

    /// <summary>Runs it, and kills it as it comes to a system call for the given time in one of its threads.</summary>
    internal Task<Result> RunUntilCallAsync(string calls, int count, params string[] arguments)
        => EndAsync(Start(["strace", "-f", "-qq", "-o", "/dev/null", "-e", $"trace={calls}", "-e", $"inject={calls}:signal=SIGKILL:when={count}"], arguments));

    internal Process Start(string[] prefix, params string[] arguments)
    {
        string[] line = [.. prefix, Program, .. arguments];
        var start = new ProcessStartInfo(line[0], line[1..])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _directory,
        };
        start.Environment["STORAGE_ENGINES_STORE"] = Path.Combine(_directory, "store");
        start.Environment["XDG_STATE_HOME"] = Path.Combine(_directory, "state");
        start.Environment["TMPDIR"] = Temporary;
        start.Environment["HOME"] = _directory;
        start.Environment.Remove("STORAGE_ENGINES_PLUGINS");
        Process process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    internal static async Task<Result> EndAsync(Process process)
    {
        using (process)
        {
            using var limit = new CancellationTokenSource(Limit);
            Task<string> error = process.StandardError.ReadToEndAsync(limit.Token);
            string output = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return new Result(process.ExitCode, output, await error);
        }
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
