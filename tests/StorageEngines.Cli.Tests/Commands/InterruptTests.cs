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

        (await _cli.RunAsync("volumes")).Expect(0);
        using Process process = _cli.Start("snapshot", "create", $"{data}@a");
        await UntilStoreGrowsAsync(process);
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

    private async Task UntilStoreGrowsAsync(Process process)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < TimeSpan.FromSeconds(60) && !process.HasExited)
        {
            if (Directory.Exists(_cli.Store) && Directory.EnumerateFiles(_cli.Store, "*", SearchOption.AllDirectories).Sum(path => File.Exists(path) ? new FileInfo(path).Length : 0) > 1 << 20)
            {
                return;
            }

            await Task.Delay(2, TestContext.Current.CancellationToken);
        }

        Assert.Fail($"the snapshot ended, or did not begin, before it could be interrupted (exited: {process.HasExited})");
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int Kill(int process, int signal);
}
