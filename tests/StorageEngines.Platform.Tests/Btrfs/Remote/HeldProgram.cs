using System.Diagnostics;

namespace StorageEngines.Platform.Tests.Btrfs.Remote;

/// <summary>
/// Programs of the other host that stop at one point: before or after a call whose arguments fit a pattern, the first time. What has to happen then happens while the call waits.
/// </summary>
internal sealed class HeldProgram : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly string _directory = Directory.CreateTempSubdirectory("seng-test-held-").FullName;

    /// <summary>Makes it.</summary>
    /// <param name="program">The program.</param>
    /// <param name="pattern">A pattern of sh for its arguments, with blanks between them.</param>
    /// <param name="after">Whether the call is carried out before it waits.</param>
    internal HeldProgram(string program, string pattern, bool after)
    {
        string path = Path.Combine(_directory, program);
        File.WriteAllText(path, $"""
            #!/bin/sh
            PATH=/usr/sbin:/usr/bin:/sbin:/bin
            wait() ( [ -e '{_directory}/armed' ] && mkdir '{_directory}/reached' 2>/dev/null && while [ -d '{_directory}' ]; do sleep 0.02; done )
            case "$*" in
              {pattern}) {(after ? $"{program} \"$@\"; r=$?; wait; exit $r" : "wait")};;
            esac
            exec {program} "$@"

            """);
        Assert.Equal(0, BtrfsLoop.Run("chmod", "755", path).Exit);
    }

    /// <summary>Commands that find the program first.</summary>
    internal ICommandRunner Around(ICommandRunner inner)
        => new ChangedRunner(inner, request => request with { Environment = new Dictionary<string, string> { ["PATH"] = _directory + ":/usr/sbin:/usr/bin:/sbin:/bin" } });

    /// <summary>From now on the next such call waits.</summary>
    internal void Arm() => File.WriteAllText(Path.Combine(_directory, "armed"), "");

    /// <summary>Waits until it is there.</summary>
    internal async Task ReachedAsync(Task running)
    {
        for (var clock = Stopwatch.StartNew(); !Directory.Exists(Path.Combine(_directory, "reached")); await Task.Delay(5, TestContext.Current.CancellationToken))
        {
            Assert.False(running.IsCompleted, $"It ended without that call: {running.Exception?.InnerException?.Message}");
            Assert.True(clock.Elapsed < Limit, "the call does not come");
        }
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
