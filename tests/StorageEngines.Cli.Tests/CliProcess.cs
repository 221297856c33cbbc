using System.Diagnostics;
using StorageEngines.Posix;

namespace StorageEngines.Cli.Tests;

/// <summary>Runs the built tool as a process of its own, with a store and a state directory of its own.</summary>
internal sealed class CliProcess : IDisposable
{
    private static readonly string[] Nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    private bool _asNobody;

    internal CliProcess()
    {
        Directory = System.IO.Directory.CreateTempSubdirectory("seng-test-cli-").FullName;
        Store = Path.Combine(Directory, "store");
        Temporary = System.IO.Directory.CreateDirectory(Path.Combine(Directory, "tmp")).FullName;
    }

    /// <summary>The program. Default: the built one.</summary>
    internal string Tool { get; set; } = BuildPaths.Tool;

    /// <summary>A directory that goes with this object.</summary>
    internal string Directory { get; }

    /// <summary>The store that the tool uses.</summary>
    internal string Store { get; }

    /// <summary>What the tool takes for the temporary directory.</summary>
    internal string Temporary { get; }

    /// <summary>From now on the tool runs as a user without rights, who may write to <see cref="Directory"/>.</summary>
    internal void BecomeNobody()
    {
        const uint All = 0x1FF; // 0777
        using BeneathRoot root = BeneathRoot.Open(BytePath.FromString(Directory).Span);
        root.SetMode([], All);
        root.SetMode("tmp"u8, All);
        _asNobody = true;
    }

    internal string At(string name) => Path.Combine(Directory, name);

    internal async Task<CliResult> RunAsync(params string[] arguments)
    {
        using Process process = Start(arguments);
        process.StandardInput.Close();
        return await EndAsync(process);
    }

    internal Process Start(params string[] arguments)
    {
        Process process = Prepare(arguments);
        process.Start();
        return process;
    }

    /// <summary>A process that is not started yet.</summary>
    internal Process Prepare(params string[] arguments)
    {
        var start = new ProcessStartInfo(_asNobody ? "setpriv" : Tool, _asNobody ? [.. Nobody, Tool, .. arguments] : arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Directory,
        };
        start.Environment["STORAGE_ENGINES_STORE"] = Store;
        start.Environment["XDG_STATE_HOME"] = At("state");
        start.Environment["XDG_DATA_HOME"] = At("data");
        start.Environment["TMPDIR"] = Temporary;
        start.Environment.Remove("STORAGE_ENGINES_PLUGINS");
        return new Process { StartInfo = start };
    }

    internal static async Task<CliResult> EndAsync(Process process)
    {
        using var limit = new CancellationTokenSource(Limit);
        Task<string> output = process.StandardOutput.ReadToEndAsync(limit.Token);
        Task<string> error = process.StandardError.ReadToEndAsync(limit.Token);
        try
        {
            await process.WaitForExitAsync(limit.Token);
            return new CliResult(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"The tool did not end within {Limit}.");
        }
    }

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
