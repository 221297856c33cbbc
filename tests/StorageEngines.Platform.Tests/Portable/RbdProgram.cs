using System.Diagnostics;

namespace StorageEngines.Platform.Tests.Portable;

/// <summary>The program <c>rbd</c> of ceph-common, for what needs no cluster.</summary>
internal sealed class RbdProgram
{
    private readonly string _path;

    private RbdProgram(string path) => _path = path;

    /// <summary>Finds it, or skips the test.</summary>
    internal static RbdProgram FindOrSkip()
    {
        string? path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(directory => Path.Combine(directory, "rbd")).FirstOrDefault(File.Exists);
        Assert.SkipUnless(path is not null, "backend missing: rbd: the program rbd is not in the path (Debian: ceph-common)");
        return new RbdProgram(path!);
    }

    /// <summary>Merges two differences, of which the second begins where the first ends.</summary>
    internal async Task MergeAsync(string first, string second, string merged)
    {
        var start = new ProcessStartInfo(_path, ["merge-diff", "--no-progress", first, second, merged]) { RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"rbd merge-diff ended with {process.ExitCode}: {error}");
    }
}
