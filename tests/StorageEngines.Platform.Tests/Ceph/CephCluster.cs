using System.Diagnostics;
using System.Reflection;
using System.Security.Cryptography;
using StorageEngines.Platform.Tests.Ceph;

[assembly: AssemblyFixture(typeof(CephClusterEnd))]

namespace StorageEngines.Platform.Tests.Ceph;

/// <summary>
/// A Ceph cluster on loopback: one for all tests, of other processes too, which is started if it does not run and stopped by the last process that used it; or one of a test's own. The
/// variable <c>SENG_CEPH</c> says whether: <c>off</c>, <c>auto</c> (the default: if it can be started) or <c>required</c>.
/// </summary>
internal sealed class CephCluster : IAsyncDisposable
{
    private static readonly Lazy<Task<CephCluster>> Shared = new(() => StartAsync(""));

    private readonly Process _hold;
    private readonly string _directory;

    private CephCluster(Process hold, string confPath, string directory) => (_hold, ConfPath, _directory) = (hold, confPath, directory);

    /// <summary>The configuration of its clients. Users: <c>admin</c>; <c>seng-reader</c>, who may only read; <c>seng-nothing</c>, who may only connect.</summary>
    internal string ConfPath { get; }

    private static string Program { get; } = typeof(CephCluster).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(each => each.Key == "CephProgram").Value!;

    /// <summary>Gives the cluster of all tests, or skips the test. Not for <see cref="PauseAsync"/> and the like: others use it at the same time.</summary>
    internal static Task<CephCluster> GetOrSkipAsync(CancellationToken cancellationToken) => OrSkipAsync(() => Shared.Value.WaitAsync(cancellationToken));

    /// <summary>Makes a cluster that nobody else uses, which takes a second or two and 80 MB, or skips the test. To be disposed.</summary>
    internal static Task<CephCluster> OwnOrSkipAsync() => OrSkipAsync(() => StartAsync(Directory.CreateTempSubdirectory("seng-test-ceph-").FullName));

    /// <summary>Gives the cluster of all tests up, if it was used.</summary>
    internal static async ValueTask EndAsync()
    {
        if (Shared.IsValueCreated && Shared.Value.IsCompletedSuccessfully)
        {
            await (await Shared.Value).DisposeAsync();
        }
    }

    /// <summary>Makes a namespace, for the images of one test.</summary>
    /// <returns>Its name with the pool, <c>rbd/seng-test-…</c>.</returns>
    internal async Task<string> NamespaceAsync(CancellationToken cancellationToken)
    {
        string name = $"rbd/seng-test-{RandomNumberGenerator.GetHexString(16, lowercase: true)}";
        await RunAsync("rbd", ["namespace", "create", name], cancellationToken);
        return name;
    }

    /// <summary>Runs <c>rbd</c>, <c>ceph</c> or another client, as the user admin unless <c>--id</c> says otherwise.</summary>
    /// <returns>What it wrote to standard output.</returns>
    /// <exception cref="CephCommandException">It failed.</exception>
    internal async Task<string> RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        // The command ceph is written in Python; the first in the path need not be the one that has its modules.
        ProcessStartInfo start = program == "ceph" ? new("/usr/bin/python3", ["/usr/bin/ceph", .. arguments]) : new(program, arguments);
        start.Environment["CEPH_CONF"] = ConfPath;
        start.Environment.Remove("CEPH_ARGS");
        (int code, string output, string errors) = await RunAsync(start, cancellationToken);
        return code == 0 ? output : throw new CephCommandException($"{program} {string.Join(' ', arguments)}", code, errors);
    }

    /// <summary>Stops a process where it is; whoever asks it waits.</summary>
    internal Task PauseAsync(CephDaemon daemon, CancellationToken cancellationToken) => TellAsync("pause", daemon, cancellationToken);

    /// <summary>Lets a process go on that was stopped.</summary>
    internal Task ResumeAsync(CephDaemon daemon, CancellationToken cancellationToken) => TellAsync("resume", daemon, cancellationToken);

    /// <summary>Ends a process as a failure of power does.</summary>
    internal Task KillAsync(CephDaemon daemon, CancellationToken cancellationToken) => TellAsync("kill", daemon, cancellationToken);

    /// <summary>Starts a process that was ended, with its data. The OSD serves a second or so later; who asks it before waits.</summary>
    internal Task RestartAsync(CephDaemon daemon, CancellationToken cancellationToken) => TellAsync("start", daemon, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _hold.StandardInput.Close();
        await _hold.WaitForExitAsync();
        _hold.Dispose();
        if (_directory.Length > 0)
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    private static async Task<CephCluster> OrSkipAsync(Func<Task<CephCluster>> start)
    {
        string? wanted = Environment.GetEnvironmentVariable("SENG_CEPH");
        Assert.SkipWhen(wanted == "off", "not run: SENG_CEPH is off, so that no Ceph cluster is started");
        try
        {
            return await start();
        }
        catch (CephMissingException e) when (wanted != "required")
        {
            Assert.Skip($"backend missing: ceph: {e.Message}");
            throw;
        }
    }

    // The cluster is held by a process that ends with this one, however this one ends.
    private static async Task<CephCluster> StartAsync(string directory)
    {
        var start = new ProcessStartInfo(Program, "hold") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        Place(start, directory);
        Process hold = Process.Start(start)!;
        Task<string> errors = hold.StandardError.ReadToEndAsync();
        if (await hold.StandardOutput.ReadLineAsync() is { } confPath)
        {
            return new CephCluster(hold, confPath, directory);
        }

        await hold.WaitForExitAsync();
        string why = (await errors).Trim();
        int code = hold.ExitCode;
        hold.Dispose();
        if (directory.Length > 0)
        {
            Directory.Delete(directory, recursive: true);
        }

        throw new CephMissingException(code == 77 ? why : $"it does not start: {why}");
    }

    private static void Place(ProcessStartInfo start, string directory)
    {
        if (directory.Length > 0)
        {
            start.Environment["SENG_CEPH_RUN"] = directory;
            start.Environment["SENG_CEPH_PORT"] = "any";
        }
    }

    private async Task TellAsync(string verb, CephDaemon daemon, CancellationToken cancellationToken)
    {
        string name = daemon == CephDaemon.Mon ? "mon" : "osd";
        var start = new ProcessStartInfo(Program, [verb, name]);
        Place(start, _directory);
        (int code, _, string errors) = await RunAsync(start, cancellationToken);
        Assert.True(code == 0, $"{verb} {name}: {errors}");
    }

    private static async Task<(int Code, string Output, string Errors)> RunAsync(ProcessStartInfo start, CancellationToken cancellationToken)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        using Process process = Process.Start(start)!;
        try
        {
            Task<string> errors = process.StandardError.ReadToEndAsync(cancellationToken);
            string output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return (process.ExitCode, output, await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }
}
