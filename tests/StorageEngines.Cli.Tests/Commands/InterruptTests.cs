using System.Diagnostics;
using System.Runtime.InteropServices;

namespace StorageEngines.Cli.Tests.Commands;

/// <summary>Signals: the tool cleans up and says so by its exit code.</summary>
public sealed class InterruptTests : IDisposable
{
    private const int Interrupt = 2;
    private const int Terminate = 15;
    private readonly CliProcess _cli = new();

    [Theory]
    [InlineData(Interrupt, 130)]
    [InlineData(Terminate, 143)]
    public async Task A_signal_during_a_snapshot_leaves_nothing_behind(int signal, int exitCode)
    {
        string data = Directory.CreateDirectory(_cli.At("data-dir")).FullName;
        var bytes = new byte[1 << 20];
        var random = new Random(7);
        using (FileStream file = File.Create(Path.Combine(data, "big")))
        {
            for (int i = 0; i < 256; i++)
            {
                random.NextBytes(bytes);
                file.Write(bytes);
            }
        }

        string small = Directory.CreateDirectory(_cli.At("small")).FullName;
        (await _cli.RunAsync("snapshot", "create", $"{small}@a")).Expect(0);
        using var watcher = new FileSystemWatcher(_cli.Store, "lock") { NotifyFilter = NotifyFilters.LastWrite | NotifyFilters.Size };
        using Process process = _cli.Prepare("snapshot", "create", $"{data}@a");
        await UntilItWritesAsync(watcher, process);
        Assert.Equal(0, Kill(process.Id, signal));
        CliResult result = (await CliProcess.EndAsync(process)).Expect(exitCode);
        Assert.Contains("error: interrupted", result.Error, StringComparison.Ordinal);

        Assert.DoesNotContain("@a", (await _cli.RunAsync("snapshot", "list", data)).Expect(0).Output, StringComparison.Ordinal);
        Assert.DoesNotContain(
            Directory.EnumerateFiles(_cli.Store, "*", SearchOption.AllDirectories).Select(path => path[_cli.Store.Length..]),
            path => path.Contains("tmp", StringComparison.Ordinal));
        (await _cli.RunAsync("snapshot", "create", $"{data}@b")).Expect(0);
    }

    [Fact]
    public async Task A_signal_during_the_demo_removes_its_copies()
    {
        string data = Directory.CreateDirectory(_cli.At("data-dir")).FullName;
        for (int i = 0; i < 2000; i++)
        {
            File.WriteAllText(Path.Combine(data, $"file{i}"), $"content {i}");
        }

        using Process process = _cli.Start("demo", data);
        Assert.NotNull(await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        Assert.NotEmpty(Directory.EnumerateFileSystemEntries(_cli.Temporary));
        Assert.Equal(0, Kill(process.Id, Interrupt));
        (await CliProcess.EndAsync(process)).Expect(130);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_cli.Temporary, "storage-engines-demo-*"));
    }

    public void Dispose() => _cli.Dispose();

    // The writer puts its name into the lock as soon as it holds it; 256 MiB are still to be read then.
    private static async Task UntilItWritesAsync(FileSystemWatcher watcher, Process process)
    {
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        watcher.Changed += (_, _) => written.TrySetResult();
        watcher.EnableRaisingEvents = true;
        process.Start();
        await written.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int Kill(int process, int signal);
}
