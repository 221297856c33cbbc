using System.Diagnostics;
using System.Globalization;

namespace StorageEngines.Tests.Portable.Trees;

/// <summary>The export of a difference does not keep the names that came or went in memory.</summary>
public sealed class ExportMemoryTests
{
    private const string Variable = "SENG_EXPORT_MEMORY";
    private const int Names = 1_000_000;
    private const long LimitKiB = 256 << 10;

    [Theory]
    [InlineData(DifferentialFormat.BtrfsSend, false)]
    [InlineData(DifferentialFormat.BtrfsSend, true)]
    public Task A_million_names_take_less_than_256_MiB(DifferentialFormat format, bool removed) => MeasureAsync(format, removed);

    [Theory(Explicit = true)]
    [InlineData(DifferentialFormat.Tar, false)]
    [InlineData(DifferentialFormat.Tar, true)]
    public Task A_million_names_take_less_than_256_MiB_as_tar_too(DifferentialFormat format, bool removed) => MeasureAsync(format, removed);

    private static async Task MeasureAsync(DifferentialFormat format, bool removed)
    {
        string host = Environment.ProcessPath!;
        string[] run = host.EndsWith("dotnet", StringComparison.Ordinal) ? ["exec", typeof(ExportMemoryTests).Assembly.Location] : [];
        var start = new ProcessStartInfo(host, [.. run, "-method", $"{typeof(ExportMemoryTests).FullName}.{nameof(Child_that_exports)}", "-showLiveOutput"]) { RedirectStandardOutput = true };
        start.Environment[Variable] = $"{format} {removed}";
        using Process child = Process.Start(start)!;
        string output = await child.StandardOutput.ReadToEndAsync();
        await child.WaitForExitAsync();
        Assert.True(child.ExitCode == 0, output);
        string peak = output.Split("peak=")[1].Split(';')[0];
        TestContext.Current.TestOutputHelper!.WriteLine(output.Split("peak=")[1].Split('\n')[0]);
        Assert.InRange(long.Parse(peak, CultureInfo.InvariantCulture), 1, LimitKiB);
    }

    // Not a test of its own: what the test above starts, because the peak is that of a process.
    [Fact]
    public async Task Child_that_exports()
    {
        if (Environment.GetEnvironmentVariable(Variable)?.Split(' ') is not [var format, var removed])
        {
            return;
        }

        var engine = new ManyNamesEngine(Names, bool.Parse(removed));
        var clock = Stopwatch.StartNew();
        DifferentialSummary summary = await TreeDifferential.ExportAsync(
            engine, ManyNamesEngine.Snapshot("base"), ManyNamesEngine.Snapshot("target"), Stream.Null, Enum.Parse<DifferentialFormat>(format));
        Assert.InRange(summary.Items, Names, 10 * Names);
        string peak = File.ReadLines("/proc/self/status").Single(l => l.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(':')[1].Replace("kB", "", StringComparison.Ordinal).Trim();
        TestContext.Current.TestOutputHelper!.WriteLine($"peak={peak}; KiB, {clock.Elapsed.TotalSeconds:F1} s, {format} {(removed == "True" ? "removed" : "added")}");
    }
}
