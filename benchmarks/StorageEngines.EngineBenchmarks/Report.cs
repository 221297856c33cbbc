using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace StorageEngines.EngineBenchmarks;

/// <summary>Prints a comparison as Markdown and as a chart.</summary>
internal static class Report
{
    private const int BarHeight = 18;
    private const int LabelWidth = 330;
    private const int BarWidth = 420;

    public static string Markdown(BenchmarkSettings settings, TreeComparison comparison, string name)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"# A tree of {settings.Files:N0} small files");
        text.AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"{comparison.TreeBytes:N0} bytes in {settings.Files:N0} files. {Machine()}");
        text.AppendLine(CultureInfo.InvariantCulture, $"{settings.Runs} counted runs each, whole processes, warm caches, interleaved: every contestant once per round. Read the ratios, not the seconds.");
        text.AppendLine(CultureInfo.InvariantCulture, $"Made by `dotnet run -c Release --project benchmarks/StorageEngines.EngineBenchmarks -- --files {settings.Files} --runs {settings.Runs}`.");
        if (comparison.Missing.Count > 0)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"Not installed, so not compared: {string.Join(", ", comparison.Missing)}.");
        }

        text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"![chart]({Path.GetFileName(name)}.svg)");
        foreach (IGrouping<string, Measurement> scenario in comparison.Measurements.GroupBy(m => m.Contestant.Scenario))
        {
            double engine = scenario.Where(m => m.Contestant.Role == ContestantRole.Engine).Select(m => m.Median).DefaultIfEmpty(double.NaN).First();
            text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"## {char.ToUpperInvariant(scenario.Key[0])}{scenario.Key[1..]}").AppendLine();
            text.AppendLine("| contestant | role | ratio to the first | median s | min to max s |");
            text.AppendLine("|---|---|---|---|---|");
            foreach (Measurement m in scenario)
            {
                text.AppendLine(CultureInfo.InvariantCulture,
                    $"| {m.Contestant.Name} | {m.Contestant.Role.ToString().ToLowerInvariant()} | {m.Median / engine:F2} | {m.Median:F3} | {m.Least:F3} to {m.Most:F3} |");
            }
        }

        return text.ToString();
    }

    public static string Svg(TreeComparison comparison)
    {
        var body = new StringBuilder();
        int y = 10;
        double most = comparison.Measurements.Max(m => m.Median);
        foreach (IGrouping<string, Measurement> scenario in comparison.Measurements.GroupBy(m => m.Contestant.Scenario))
        {
            body.AppendLine(CultureInfo.InvariantCulture, $"<text x=\"10\" y=\"{y + 14}\" font-weight=\"bold\">{scenario.Key}</text>");
            y += 24;
            foreach (Measurement m in scenario)
            {
                string color = m.Contestant.Role switch { ContestantRole.Engine => "#1b7837", ContestantRole.Limit => "#999999", _ => "#5b7db1" };
                double width = Math.Max(1, m.Median / most * BarWidth);
                body.AppendLine(CultureInfo.InvariantCulture, $"<text x=\"{LabelWidth - 6}\" y=\"{y + 13}\" text-anchor=\"end\">{m.Contestant.Name}</text>");
                body.AppendLine(CultureInfo.InvariantCulture, $"<rect x=\"{LabelWidth}\" y=\"{y}\" width=\"{width:F1}\" height=\"{BarHeight - 2}\" fill=\"{color}\"/>");
                body.AppendLine(CultureInfo.InvariantCulture, $"<text x=\"{LabelWidth + width + 5:F1}\" y=\"{y + 13}\">{m.Median:F2} s</text>");
                y += BarHeight + 2;
            }

            y += 10;
        }

        return string.Create(CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{LabelWidth + BarWidth + 80}\" height=\"{y}\" font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n{body}</svg>\n");
    }

    private static string Machine()
    {
        string? processor = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim()
            : null;
        long memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30;
        return $"Machine: {Environment.ProcessorCount} cores ({processor ?? "unknown"}), {memory} GiB, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}.";
    }
}
