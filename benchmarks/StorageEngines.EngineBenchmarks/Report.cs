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

    public static string Markdown(BenchmarkSettings settings, Comparison comparison)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"# {comparison.Title}");
        text.AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"{comparison.Workload} {Machine()}");
        text.AppendLine(CultureInfo.InvariantCulture, $"{settings.Runs} counted runs each, whole processes unless it says otherwise, warm caches, interleaved: every contestant once per round. Read the ratios, not the seconds.");
        if (settings.Note is not null)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"**{settings.Note}**");
        }

        text.AppendLine(CultureInfo.InvariantCulture, $"Made by `dotnet run -c Release --project benchmarks/StorageEngines.EngineBenchmarks -- {comparison.Options}`.");
        if (comparison.Missing.Count > 0)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"Not installed, so not compared: {string.Join(", ", comparison.Missing)}.");
        }

        text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"![chart]({comparison.FileName}.svg)");
        foreach (IGrouping<string, Measurement> scenario in comparison.Measurements.GroupBy(m => m.Contestant.Scenario))
        {
            Table(text, scenario);
        }

        return text.ToString();
    }

    private static void Table(StringBuilder text, IGrouping<string, Measurement> scenario)
    {
        double engine = scenario.Where(m => m.Contestant.Role == ContestantRole.Engine).Select(m => m.Median).DefaultIfEmpty(double.NaN).First();
        bool added = scenario.Any(m => m.Added is not null);
        text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"## {char.ToUpperInvariant(scenario.Key[0])}{scenario.Key[1..]}").AppendLine();
        text.AppendLine("| contestant | role | ratio to the first | median s | min to max s |" + (added ? " MiB it added or gave out |" : ""));
        text.AppendLine("|---|---|---|---|---|" + (added ? "---|" : ""));
        foreach (Measurement m in scenario)
        {
            string role = m.Contestant.Role.ToString().ToLowerInvariant();
            text.Append(CultureInfo.InvariantCulture, $"| {m.Contestant.Name} | {role} | {m.Median / engine:F2} | {m.Median:F3} | {m.Least:F3} to {m.Most:F3} |");
            text.AppendLine(!added ? "" : m.Added is { } bytes ? string.Create(CultureInfo.InvariantCulture, $" {bytes / 1048576.0:F1} |") : " - |");
        }
    }

    public static string Svg(Comparison comparison)
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
                body.AppendLine(CultureInfo.InvariantCulture, $"<text x=\"{LabelWidth - 6}\" y=\"{y + 13}\" text-anchor=\"end\">{Escaped(m.Contestant.Name)}</text>");
                body.AppendLine(CultureInfo.InvariantCulture, $"<rect x=\"{LabelWidth}\" y=\"{y}\" width=\"{width:F1}\" height=\"{BarHeight - 2}\" fill=\"{color}\"/>");
                body.AppendLine(CultureInfo.InvariantCulture, $"<text x=\"{LabelWidth + width + 5:F1}\" y=\"{y + 13}\">{m.Median:F2} s</text>");
                y += BarHeight + 2;
            }

            y += 10;
        }

        return string.Create(CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{LabelWidth + BarWidth + 80}\" height=\"{y}\" font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n{body}</svg>\n");
    }

    private static string Escaped(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);

    private static string Machine()
    {
        string? processor = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim()
            : null;
        long memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30;
        return $"Machine: {Environment.ProcessorCount} cores ({processor ?? "unknown"}), {memory} GiB, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}.";
    }
}
